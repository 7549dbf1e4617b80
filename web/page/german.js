// The page in German.

export default {};
