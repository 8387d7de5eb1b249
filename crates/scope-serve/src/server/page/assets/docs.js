// Reads the OpenAPI document and lists what it says; a GET can be tried from here.
"use strict";

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
};

function kind(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.type === "array" || (Array.isArray(schema.type) && schema.type.includes("array"))) return `list of ${kind(schema.items)}`;
  if (schema.oneOf) return schema.oneOf.map(kind).filter((word) => word !== "null").join(" or ");
  return [schema.type].flat().filter((word) => word && word !== "null").join(" or ");
}

function table(head, rows) {
  const made = document.createElement("table");
  const line = made.createTHead().insertRow();
  for (const text of head) line.append(element("th", text));
  const body = made.createTBody();
  for (const cells of rows) {
    const row = body.insertRow();
    for (const text of cells) row.insertCell().textContent = text;
  }
  return made;
}

function tryIt(path, parameters) {
  const form = document.createElement("form");
  const inputs = parameters.map((parameter) => {
    const label = element("label", `${parameter.name} `);
    const input = document.createElement("input");
    input.required = parameter.required || false;
    label.append(input);
    form.append(label, " ");
    return [parameter, input];
  });
  form.append(element("button", "Ask"));
  const out = element("pre");
  out.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let address = path;
    const query = new URLSearchParams();
    for (const [parameter, input] of inputs) {
      if (!input.value) continue;
      if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (parameter.in === "query") query.set(parameter.name, input.value);
    }
    const text = query.toString();
    out.hidden = false;
    out.textContent = "…";
    const answer = await fetch(`..${address}${text ? `?${text}` : ""}`);
    const body = await answer.text();
    let shown = body;
    try { shown = JSON.stringify(JSON.parse(body), null, 2); } catch { /* It is no JSON; as it is, then. */ }
    out.textContent = `${answer.status} ${answer.statusText}\n${shown.slice(0, 100000)}`;
  });
  const both = document.createDocumentFragment();
  both.append(form, out);
  return both;
}

const ENDLESS = ["/api/v1/events", "/api/v1/subscribe"];

async function show() {
  const document_ = await (await fetch("v1/openapi.json")).json();
  const main = document.getElementById("routes");
  main.replaceChildren();
  for (const tag of document_.tags) {
    main.append(element("h2", tag.description || tag.name));
    for (const [path, methods] of Object.entries(document_.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (!(operation.tags || []).includes(tag.name)) continue;
        const details = document.createElement("details");
        const summary = document.createElement("summary");
        summary.append(element("span", method.toUpperCase(), "method"), element("code", path), " ", element("span", operation.summary || "", "quiet"));
        details.append(summary);
        if (operation.description) details.append(element("p", operation.description));
        const parameters = operation.parameters || [];
        if (parameters.length) {
          details.append(table(["Parameter", "Where", "Type", ""], parameters.map((p) => [p.name, p.in, kind(p.schema), p.description || ""])));
        }
        details.append(table(["Answer", "", "Form"], Object.entries(operation.responses).map(([status, response]) => [
          status, response.description || "", Object.entries(response.content || {}).map(([media, content]) => `${media} ${kind(content.schema)}`).join(", "),
        ])));
        if (method === "get" && !ENDLESS.includes(path)) details.append(tryIt(path, parameters));
        main.append(details);
      }
    }
  }
  main.append(element("h2", "Types"));
  for (const [name, schema] of Object.entries(document_.components.schemas)) {
    const details = document.createElement("details");
    details.append(element("summary", name), element("p", schema.description || ""));
    if (schema.properties) {
      const required = schema.required || [];
      details.append(table(["Field", "Type", ""], Object.entries(schema.properties).map(([field, of]) => [
        required.includes(field) ? field : `${field}?`, kind(of), of.description || "",
      ])));
    }
    main.append(details);
  }
}
show().catch((error) => document.getElementById("routes").replaceChildren(element("p", error.message, "error")));
