// The page in English.

export default {};
