// examples/python-web/web/page.js: tells what the browser made of the files.
const title = document.getElementById("title");
title.textContent = `complete, in ${getComputedStyle(title).color}`;
void fetch("/complete", { method: "POST" });
