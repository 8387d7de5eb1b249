// Written once as HTML, so that any web server can hand it out; what it shows is drawn in the browser.
export const prerender = true;
export const ssr = false;
