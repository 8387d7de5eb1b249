'use strict';
// Moving about, finding and following, on the picture that stands in the page. Nothing is fetched, and nothing of the picture is run.
const svg = document.getElementById('picture');
const main = document.querySelector('main');
const details = document.getElementById('details');
const search = document.getElementById('search');
const found = document.getElementById('found');
const nodes = [...svg.querySelectorAll('.node')];
const edges = [...svg.querySelectorAll('.edge')];
const byIndex = new Map(nodes.map((node) => [node.dataset.node, node]));
const about = (part) => part.querySelector('title')?.textContent ?? '';
const whole = svg.viewBox.baseVal;
const all = { x: whole.x, y: whole.y, w: whole.width, h: whole.height };
let view = { ...all };
let chosen = null;

function show() {
  svg.setAttribute('viewBox', `${view.x} ${view.y} ${view.w} ${view.h}`);
}

function scale() {
  return Math.max(view.w / main.clientWidth, view.h / main.clientHeight);
}

// Zooms by a factor, keeping the point at the pixel (x, y) in place.
function zoom(factor, x = main.clientWidth / 2, y = main.clientHeight / 2) {
  const before = scale();
  const after = Math.min(Math.max(before * factor, 0.05), (Math.max(all.w / main.clientWidth, all.h / main.clientHeight) || 1) * 4);
  const middle = { x: view.x + view.w / 2, y: view.y + view.h / 2 };
  const at = { x: middle.x + (x - main.clientWidth / 2) * before, y: middle.y + (y - main.clientHeight / 2) * before };
  const w = main.clientWidth * after;
  const h = main.clientHeight * after;
  view = { x: at.x - (x - main.clientWidth / 2) * after - w / 2, y: at.y - (y - main.clientHeight / 2) * after - h / 2, w, h };
  show();
}

function fit() {
  view = { ...all };
  show();
}

function choose(node, focus) {
  chosen?.classList.remove('chosen');
  chosen = node;
  svg.classList.toggle('some', !!node);
  for (const part of svg.querySelectorAll('.near')) part.classList.remove('near');
  details.hidden = !node;
  if (!node) return;
  node.classList.add('chosen', 'near');
  const list = details.querySelector('ul');
  list.textContent = '';
  for (const edge of edges) {
    if (edge.dataset.from !== node.dataset.node && edge.dataset.to !== node.dataset.node) continue;
    edge.classList.add('near');
    byIndex.get(edge.dataset.from)?.classList.add('near');
    byIndex.get(edge.dataset.to)?.classList.add('near');
    const item = document.createElement('li');
    item.textContent = about(edge);
    list.append(item);
  }
  const [name, ...rest] = about(node).split('\n');
  details.querySelector('h2').textContent = name;
  details.querySelector('p').textContent = rest.join('\n');
  if (focus) node.focus();
}

function find() {
  const wanted = search.value.trim().toLowerCase();
  choose(null);
  const hits = wanted ? nodes.filter((node) => about(node).toLowerCase().includes(wanted)) : [];
  svg.classList.toggle('some', !!wanted);
  hits.forEach((node) => node.classList.add('near'));
  found.textContent = wanted ? `${hits.length} found` : '';
  return hits;
}

function center(node) {
  const box = node.getBBox();
  view.x = box.x + box.width / 2 - view.w / 2;
  view.y = box.y + box.height / 2 - view.h / 2;
  show();
}

const pointers = new Map();
let moved = false;
main.addEventListener('pointerdown', (event) => {
  pointers.set(event.pointerId, event);
  moved = false;
});
window.addEventListener('pointermove', (event) => {
  const before = pointers.get(event.pointerId);
  if (!before) return;
  if (pointers.size === 1) {
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    if (!moved && Math.hypot(dx, dy) < 4) return;
    moved = true;
    main.classList.add('dragging');
    view.x -= dx * scale();
    view.y -= dy * scale();
    show();
  } else if (pointers.size === 2) {
    const [other] = [...pointers.entries()].filter(([id]) => id !== event.pointerId).map(([, pointer]) => pointer);
    const distance = (pointer) => Math.hypot(pointer.clientX - other.clientX, pointer.clientY - other.clientY) || 1;
    const top = main.getBoundingClientRect().top;
    zoom(distance(before) / distance(event), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2 - top);
    moved = true;
  }
  pointers.set(event.pointerId, event);
});
for (const end of ['pointerup', 'pointercancel']) {
  window.addEventListener(end, (event) => {
    pointers.delete(event.pointerId);
    main.classList.remove('dragging');
  });
}
main.addEventListener('click', (event) => {
  if (!moved) choose(event.target.closest('.node'), false);
});
main.addEventListener('wheel', (event) => {
  event.preventDefault();
  const top = main.getBoundingClientRect().top;
  zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 200), event.clientX, event.clientY - top);
}, { passive: false });
search.addEventListener('input', find);
search.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') {
    const [first] = find();
    if (first) {
      center(first);
      choose(first, true);
    }
  } else if (event.key === 'Escape') {
    search.value = '';
    find();
    search.blur();
  }
});
const theme = document.documentElement.dataset;
const turn = () => { theme.theme = theme.theme === 'dark' ? 'light' : 'dark'; };
document.getElementById('in').addEventListener('click', () => zoom(0.8));
document.getElementById('out').addEventListener('click', () => zoom(1.25));
document.getElementById('fit').addEventListener('click', fit);
document.getElementById('theme').addEventListener('click', turn);
document.getElementById('close').addEventListener('click', () => choose(null));
document.addEventListener('keydown', (event) => {
  if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = 60 * scale();
  const keys = {
    '/': () => search.focus(),
    '+': () => zoom(0.8),
    '=': () => zoom(0.8),
    '-': () => zoom(1.25),
    0: fit,
    t: turn,
    Escape: () => { choose(null); search.value = ''; find(); },
    ArrowLeft: () => { view.x -= step; show(); },
    ArrowRight: () => { view.x += step; show(); },
    ArrowUp: () => { view.y -= step; show(); },
    ArrowDown: () => { view.y += step; show(); },
    n: () => next(1),
    p: () => next(-1),
    Enter: () => { if (event.target.classList?.contains('node')) choose(event.target, true); },
  };
  if (keys[event.key]) {
    event.preventDefault();
    keys[event.key]();
  }
});

// The next node in the order of the view, brought into sight.
function next(step) {
  if (!nodes.length) return;
  const node = nodes[(nodes.indexOf(chosen) + step + nodes.length) % nodes.length];
  center(node);
  choose(node, true);
}
fit();
