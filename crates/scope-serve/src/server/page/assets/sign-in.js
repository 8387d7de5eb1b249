// Turns a token, or the one-time code after the #, into a session's cookie.
"use strict";

const note = document.getElementById("note");

async function signIn(proof) {
  const answer = await fetch("api/v1/session", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: proof }),
  });
  if (answer.ok) {
    location.replace("./");
    return;
  }
  const problem = await answer.json().catch(() => ({}));
  note.className = "error";
  note.textContent = problem.detail || answer.statusText;
}

document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn(document.getElementById("token").value.trim());
});
// Only a one-time code: a link must not sign anybody in with somebody else's token.
const code = location.hash.slice(1);
if (code.startsWith("scope_code_")) {
  // Not left in the history for the next one to read.
  history.replaceState(null, "", location.pathname);
  signIn(code);
}
