// The page's modules. relayd serves one file with all of them in its place (web/bundle.go).

import "./words.js"; // the page has its words before the rest runs
import "./main.js";
