// The views with live counts, and the nodes of the chosen one. Everything that comes from outside is text: names are never parsed as HTML.
"use strict";

const byId = (id) => document.getElementById(id);
const ROWS = 500;
let chosen = location.hash.slice(1) || "containers";

async function ask(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  if (answer.status === 401) throw new Error("sign in first: this server asks for a token");
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.detail || answer.statusText);
  return body;
}

function cell(row, text, figure) {
  const td = row.insertCell();
  td.textContent = text;
  if (figure) td.className = "figure";
}

const bytes = (n) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let at = 0;
  while (n >= 1024 && at < units.length - 1) { n /= 1024; at += 1; }
  return `${n.toFixed(at ? 1 : 0)} ${units[at]}`;
};

async function showViews() {
  const { views } = await ask("api/v1/views");
  const counts = await Promise.all(views.map((view) => ask(`api/v1/views/${view.name}?limit=1`).then((page) => page.nodes_total, () => "?")));
  const nav = byId("views");
  nav.replaceChildren(...views.map((view, at) => {
    const button = document.createElement("button");
    button.textContent = `${view.title} ${counts[at]}`;
    button.title = view.about;
    button.setAttribute("aria-pressed", String(view.name === chosen));
    button.addEventListener("click", () => { chosen = view.name; location.hash = chosen; showNodes(); showViews().catch(fail); });
    return button;
  }));
}

async function showNodes() {
  const query = new URLSearchParams({ limit: String(ROWS) });
  const filter = byId("filter").value.trim();
  if (filter) query.set("filter", filter);
  const page = await ask(`api/v1/views/${encodeURIComponent(chosen)}?${query}`);
  const names = new Map(page.nodes.map((node) => [node.id, node.name]));
  const to = new Map();
  for (const edge of page.edges) {
    const list = to.get(edge.from) || [];
    list.push(`${names.get(edge.to) || edge.to} ${edge.ports.join(" ")}`);
    to.set(edge.from, list);
  }
  const rows = document.createDocumentFragment();
  const table = document.createElement("tbody");
  for (const node of page.nodes) {
    const row = table.insertRow();
    const { attrs = {}, metrics = {} } = node;
    cell(row, node.name + (node.members > 1 ? ` (${node.members})` : ""));
    cell(row, node.kind);
    cell(row, typeof attrs.state === "string" ? attrs.state : "");
    cell(row, metrics.cpu_pct === undefined ? "" : `${metrics.cpu_pct.toFixed(1)} %`, true);
    cell(row, metrics.mem_bytes === undefined ? "" : bytes(metrics.mem_bytes), true);
    cell(row, (to.get(node.id) || []).join(", "));
    rows.append(row);
  }
  byId("nodes").replaceChildren(rows);
  const hidden = Object.entries(page.hidden.nodes).map(([what, count]) => `${count} ${what}`).join(", ");
  const shown = page.nodes.length < page.nodes_total ? `the first ${page.nodes.length} of ` : "";
  byId("note").className = "quiet";
  byId("note").textContent = `${shown}${page.nodes_total} nodes, ${page.edges_total} edges${hidden ? `; hidden: ${hidden}` : ""}`;
}

function fail(error) {
  byId("note").className = "error";
  byId("note").textContent = error.message;
}

byId("filter").addEventListener("change", () => showNodes().catch(fail));
async function again(what, pace) {
  for (;;) {
    if (!document.hidden) await what().catch(fail);
    await new Promise((done) => setTimeout(done, pace));
  }
}
again(showViews, 10000);
again(showNodes, 2000);
