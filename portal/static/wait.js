// A page that waits for something is asked for again in a while. Without it, the page has a link that does the same.
"use strict";
setTimeout(() => location.reload(), 2000);
