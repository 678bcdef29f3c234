// The page: what a step says, the table, and how they go together with the picture and the player.

let view = viewOf(null);
let stops = stopsOf(view);

const svg = find("#picture"), world = find("#world"), live = find("#step");
const pan = panner(svg, world);

// --- a position --------------------------------------------------------------------------------------

// The graph's steps under way at a position: from, up to. The first and the last position have none.
function runAt(position) {
  const done = Math.min(stops[position], STEPS.length);
  const from = position === 0 ? 0 : stops[position - 1];
  return [Math.min(from, done), done];
}

function splitOf() {
  return stops.findIndex((done) => done >= SPLIT);
}

function show(position) {
  const [from, done] = runAt(position);
  const before = world.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  showState(view, from, done);
  showTable(from, done);
  live.replaceChildren(...sentence(position));
  live.scrollTop = 0;
  find(".rule", live).classList.toggle("long", live.querySelector(".rule").textContent.length > 64);
  const phase = position === 0 ? "none" : stops[position] > STEPS.length ? "done" : from < SPLIT ? "forward" : "backward";
  document.body.dataset.phase = phase;
  find("#to-forward").setAttribute("aria-pressed", String(phase === "forward"));
  find("#to-backward").setAttribute("aria-pressed", String(phase === "backward" || phase === "done"));
  const now = STEPS.slice(from, done);
  const touched = new Set(now.filter((s) => !s.forward).map((s) => view.unit[s.parent]));
  for (const box of now.map((s) => view.unit[s.actor])) { // who acts comes last, and is in sight in any case
    touched.delete(box);
    touched.add(box);
  }
  pan.follow(touched.size ? [...touched] : [position === 0 ? view.boxes[0] : view.unit[STEPS[SPLIT].parent]]);
  if (before === null) reach(now.length ? view.unit[now.at(-1).actor].id : view.boxes[0].id);
}

// --- what a step says --------------------------------------------------------------------------------

const span = (name, ...children) => make("span", { class: name }, ...children);
const tinted = (tone, text) => {
  const made = span(`chip ${toneClass(tone)}`, text);
  made.style.setProperty("--tone", `${toneShare(tone)}%`);
  return made;
};

function sentence(position) {
  const [from, done] = runAt(position);
  if (position === 0) return plain("Start", "The leaves have their numbers.", "Step on to compute the others.");
  if (stops[position] > STEPS.length) {
    return plain("Done", "Every gradient is there.", `The table has them all: how much ${rootName()} changes with each.`);
  }
  const box = view.unit[STEPS[from].actor];
  const [first, last] = position <= splitOf() ? [0, splitOf()] : [splitOf(), stops.length - 2];
  const where = span("where", `${STEPS[from].forward ? "Forward" : "Backward"} ${position - first} of ${last - first}`);
  const closed = box.kind === "group" && !STEPS[from].seed;
  const words = STEPS[from].forward ? (closed ? groupForward : forward) : closed ? groupBackward : backward;
  return [where, ...words(from, done, box)];
}

const plain = (where, line, detail) => [
  span("where", where), make("p", { class: "rule" }, line), make("p", { class: "detail" }, detail),
];

const rootName = () => NODES[STEPS[SPLIT].parent].name;

function forward(from) {
  const { node, formula, figures } = STEPS[from];
  const { name, data } = NODES[node];
  const line = make("p", { class: "rule" }, span("name", name), " = ", formula);
  if (figures && figures !== formula) line.append(" = ", span("figures", figures));
  line.append(" = ", span("chip result", data));
  const slopes = NODES[node].departures.map((i) => STEPS[i]);
  const many = [`${slopes.length} local derivatives, on the edges`];
  const parts = slopes.length > 4 ? many : slopes.map((step) => noted(name, step, false));
  return [line, make("p", { class: "detail" }, "Noted on the way: ", ...parts.map((text) => span("part", text)))];
}

// A local derivative: by what it is computed, and perhaps with which numbers.
function noted(own, { parent, formula, figures, slope }, full) {
  const way = [formula, ...(full && figures ? [figures] : []), slope].filter((text, i, all) => text !== all[i - 1]);
  return [`∂${factor(own)}/∂${factor(NODES[parent].name)}`, ...way.filter((text) => !text.startsWith("∂"))].join(" = ");
}

function backward(from) {
  const step = STEPS[from];
  if (step.seed) return seed(step);
  const [own, parent] = [NODES[step.node].name, NODES[step.parent].name];
  const gradient = stateOf(NODES[step.node], from).tone;
  const line = make(
    "p", { class: "rule" },
    span("name", gradOf(parent)), " += ", span("slope", bracketed(step.formula)), " · ", span("name", gradOf(own)),
    " = ", span("slope", step.slope), " · ", tinted(gradient, step.gradient), " = ", tinted(step.flow, step.term),
  );
  const details = [noted(own, step, true)];
  const arrived = NODES[step.parent].arrivals;
  const count = arrived.length > 1 ? ` (${arrived.indexOf(from) + 1} of ${arrived.length} ways)` : "";
  details.push(`${gradOf(parent)}: ${step.before} → ${step.after}${count}`);
  return [line, make("p", { class: "detail" }, ...details.map((text) => span("part", text)))];
}

// What is outside of all brackets. A sum stands in brackets in a product, and so does a label like "x - 1".
function outside(formula) {
  const inner = formula.replace(/\([^()]*\)|\[[^[\]]*\]/g, "");
  return inner === formula ? inner : outside(inner);
}

const bracketed = (formula) => (/ [+-] |(?<=[^\s·/^,])(?<!\de)[+-]/.test(outside(formula)) ? `(${formula})` : formula);
const factor = (name) => (/[-+−*·×/÷^=<>|&%()]|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]$/.test(outside(name)) ? `(${name})` : name);
const gradOf = (name) => `${factor(name)}.grad`;

function seed(step) {
  const name = NODES[step.parent].name;
  const one = `∂${factor(name)}/∂${factor(name)}`;
  const line = make("p", { class: "rule" }, span("name", gradOf(name)), " = ", span("slope", one));
  line.append(" = ", tinted(step.tone, step.after));
  return [line, make("p", { class: "detail" }, "Backward begins: a result changes with itself one to one.")];
}

// What a closed group computes, in one step.
function groupForward(from, done, box) {
  const line = make("p", { class: "rule" }, span("name", box.name));
  const result = NODES[box.value];
  if (result) line.append(": ", span("name", result.name), " = ", span("chip result", result.data));
  return [line, make("p", { class: "detail" }, `${done - from} operations. ${hint(box)}`)];
}

// What a closed group hands to those outside of it; what it does with its own parameters is inside.
function groupBackward(from, done, box) {
  const steps = STEPS.slice(from, done);
  const outside = [...new Set(steps.map((s) => s.parent))].filter((i) => view.unit[i] !== box);
  const inside = new Set(steps.map((s) => s.parent).filter((i) => view.unit[i] === box && NODES[i].leaf));
  const line = make("p", { class: "rule" }, span("name", box.name), " hands back: ");
  outside.slice(0, 3).forEach((i, k) => line.append(k ? ", " : "", ...change(i, steps)));
  if (outside.length > 3) line.append(`, and ${outside.length - 3} more`);
  if (outside.length === 0) line.append("nothing beyond itself");
  const own = inside.size ? `${inside.size} parameters inside got their gradients. ` : "";
  return [line, make("p", { class: "detail" }, `${own}${hint(box)}`)];
}

function change(i, steps) {
  const mine = steps.filter((s) => s.parent === i);
  const [first, last] = [mine[0], mine.at(-1)];
  const name = span("name", gradOf(NODES[i].name));
  if (mine.length === 1) return [name, " += ", tinted(first.flow, first.term)];
  return [name, `: ${first.before} → `, tinted(last.tone, last.after)];
}

const hint = (box) => (DATA.openings[box.id] ? "Click on it, or press Enter, to open it and see every step." : "");

// For the slider: the same in plain words.
function spoken(position) {
  const holder = make("div", {}, ...sentence(position).slice(0, 2));
  return holder.textContent;
}

// --- the table ---------------------------------------------------------------------------------------

function table() {
  const body = find("#table tbody");
  const order = NODES.map((_, i) => i);
  const leaves = order.filter((i) => NODES[i].leaf);
  const others = order.filter((i) => !NODES[i].leaf).reverse();
  const made = new Map();
  const parts = [["Leaves: inputs and parameters", leaves], ["Computed, from the result on back", others]];
  for (const [title, group] of parts) {
    if (group.length === 0) continue;
    body.append(make("tr", { class: "part" }, make("th", { colspan: 3, scope: "rowgroup" }, title)));
    for (const i of group) {
      const jump = make("button", { type: "button" }, NODES[i].name);
      jump.addEventListener("click", () => visit(i));
      const [data, grad] = [make("td", { class: "data" }), make("td", { class: "grad" }, span("chip"))];
      const row = make("tr", {}, make("th", { scope: "row" }, jump), data, grad);
      body.append(row);
      made.set(i, { row, data, chip: grad.firstChild });
    }
  }
  return made;
}

function showTable(from, done) {
  const now = STEPS.slice(from, done);
  const touched = new Set(now.map((s) => (s.forward ? s.node : s.parent)));
  let whole = 0, first = null;
  for (const [i, { row, data, chip }] of rows) {
    const state = stateOf(NODES[i], done);
    whole += state.whole;
    const value = state.known ? NODES[i].data : "?";
    const gradient = state.gradient + (state.tone !== null && !state.whole ? "…" : "");
    if (data.textContent !== value) data.textContent = value;
    if (chip.textContent !== gradient) chip.textContent = gradient;
    update(chip, "class", state.tone === null ? "chip none" : `chip ${toneClass(state.tone)}${state.whole ? "" : " partial"}`);
    update(chip, "style", state.tone === null ? "" : `--tone:${toneShare(state.tone)}%`);
    update(row, "class", `${touched.has(i) ? "now" : ""}${state.whole ? " whole" : ""}`.trim());
    if (touched.has(i)) first ??= row;
  }
  find("#tally").textContent = `${whole} of ${NODES.length}`;
  if (first) reveal(first);
}

// Only the table scrolls, never the page, and so far that no row is cut by the head above it.
function reveal(row) {
  const frame = find(".rows");
  const head = find("#table thead").offsetHeight, height = find("#table").offsetHeight;
  const [top, bottom] = [row.offsetTop - head, row.offsetTop + row.offsetHeight];
  if (top >= frame.scrollTop && bottom <= frame.scrollTop + frame.clientHeight) return;
  const tops = [...find("#table tbody").rows].map((other) => other.offsetTop - head);
  frame.scrollTop = Math.min(top, tops.find((at) => at >= height - frame.clientHeight) ?? top);
}

// --- going to a node, opening a group ----------------------------------------------------------------

// Forward, to where the node is computed; backward, to where its gradient is whole.
function visit(i) {
  const node = NODES[i];
  const inForward = stops[play.position] <= SPLIT && SPLIT > 0;
  const step = inForward && node.computed >= 0 ? node.computed : node.arrivals.at(-1);
  play.go(stops.findIndex((done) => done > step));
}

function openGroup(id) {
  const done = stops[play.position];
  view = viewOf(id);
  stops = stopsOf(view);
  drawView(world, view);
  bindBoxes();
  find("#close").hidden = id === null;
  const position = stops.findIndex((stop) => stop >= Math.min(done, stops.at(-1)));
  const atStart = done === 0 ? 0 : position;
  const inner = new Set(id === null ? [view.boxes[0].id] : DATA.openings[id].boxes.map((row) => row[0]));
  const focus = view.boxes.filter((box) => inner.has(box.id));
  pan.begin(view.bounds, focus);
  play.resize({ last: stops.length - 1, split: splitOf(), position: atStart });
}

function act(box) {
  if (DATA.openings[box.id]) {
    const id = box.id;
    openGroup(id);
    const inside = world.querySelector(`[data-id="${view.boxes.find((b) => b.id === `n${id.slice(1)}`)?.id}"]`);
    inside?.focus({ preventScroll: true });
  } else if (box.value >= 0) visit(box.value);
}

function closeGroup() {
  const id = view.opened;
  if (id === null) return;
  openGroup(null);
  world.querySelector(`[data-id="${id}"]`)?.focus({ preventScroll: true });
}

function bindBoxes() {
  for (const box of view.boxes) {
    const { group } = box.parts;
    group.addEventListener("click", () => {
      if (!pan.wasDragged) act(box);
    });
    group.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      act(box);
    });
  }
}

// One box at a time can be reached with Tab; up and down go on to the next.
function reach(id) {
  for (const { parts } of view.boxes) update(parts.group, "tabindex", "-1");
  const box = view.byId.get(id);
  if (box) update(box.parts.group, "tabindex", "0");
}

svg.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  event.preventDefault();
  const id = document.activeElement.dataset?.id;
  const i = view.boxes.findIndex((box) => box.id === id);
  const next = view.boxes[clamp(i + (event.key === "ArrowDown" ? 1 : -1), 0, view.boxes.length - 1)];
  reach(next.id);
  next.parts.group.focus({ preventScroll: true });
  pan.follow([next]);
});

const KEYS = {
  "+": () => pan.zoom(1.25), "=": () => pan.zoom(1.25), "-": () => pan.zoom(0.8), 0: () => pan.fit(true),
  Escape: closeGroup,
};

document.addEventListener("keydown", (event) => {
  if (event.target.closest("select") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
});

find("#zoom-in").addEventListener("click", () => pan.zoom(1.25));
find("#zoom-out").addEventListener("click", () => pan.zoom(0.8));
find("#zoom-fit").addEventListener("click", () => pan.fit(true));
find("#close").addEventListener("click", closeGroup);
find("#to-forward").addEventListener("click", () => play.go(1));
find("#to-backward").addEventListener("click", () => play.go(splitOf() + 1));

// --- the beginning -----------------------------------------------------------------------------------

drawView(world, view);
bindBoxes();
const rows = table();
const play = player(find("#player"), { last: stops.length - 1, split: splitOf(), show, name: spoken });
pan.begin(view.bounds, view.boxes.slice(0, 1)); // last, for the words and the player take some of the stage's height
