// What is where: the picture of the graph, with one group opened or none, and the steps that one stops at in it.
//
// The positions come with the data. Opening a group only makes room for it: what is above it in its column
// moves up, what is below moves down, and what is to the right moves right.

const BOX = ["id", "kind", "x", "y", "w", "h", "title", "subtitle", "name", "value", "members", "result"];
const EDGE = ["source", "target", "knots", "slope", "label"];
const FRAME = ["id", "label", "x", "y", "w", "h"];

const named = (keys, row) => Object.fromEntries(keys.map((key, i) => [key, row[i]]));

// The picture with the group `opened`, or with all of them closed: {boxes, edges, frames, bounds, unit}.
function viewOf(opened) {
  const boxes = DATA.view.boxes.map((row) => named(BOX, row));
  const edges = DATA.view.edges.map((row) => named(EDGE, row));
  for (const edge of edges) edge.numbered = edge.label !== null;
  const frames = DATA.view.frames.map((row) => named(FRAME, row));
  const view = { opened, boxes, edges, frames };
  if (opened !== null) makeRoom(view, DATA.openings[opened]);
  view.bounds = boundsOf(view);
  view.byId = new Map(view.boxes.map((box) => [box.id, box]));
  view.unit = unitsOf(view.boxes);
  return view;
}

function makeRoom(view, room) {
  const was = new Map(view.boxes.map((box) => [box.id, [box.x, box.y]]));
  for (const box of view.boxes) [box.x, box.y] = room.moves[box.id] ?? [box.x, box.y];
  view.boxes = view.boxes.filter((box) => box.id !== view.opened);
  view.edges = view.edges.filter((edge) => edge.source !== view.opened && edge.target !== view.opened);
  const now = new Map(view.boxes.map((box) => [box.id, [box.x, box.y]]));
  for (const edge of view.edges) {
    edge.label = shifted(edge, was, now);
    edge.knots = rerouted(edge, room, was, now);
  }
  view.boxes.push(...room.boxes.map((row) => named(BOX, row)));
  view.edges.push(...room.edges.map((row) => ({ ...named(EDGE, row), numbered: true })));
  view.frames = room.frames.map((row) => named(FRAME, row));
}

// The label of an edge whose two ends move alike goes along; another one finds its place anew.
function shifted({ source, target, label }, was, now) {
  const [a, b] = [source, target].map((id) => [now.get(id)[0] - was.get(id)[0], now.get(id)[1] - was.get(id)[1]]);
  return label && Math.hypot(a[0] - b[0], a[1] - b[1]) < 3 ? [label[0] + a[0], label[1] + a[1]] : null;
}

// The ends of an edge stay with their boxes, and its level pieces there stay level. A route that leaves the
// column that became wider does so on its own height, beside what was opened.
function rerouted({ source, target, knots }, { left, right, wider, middle, up }, was, now) {
  const dy = (id) => now.get(id)[1] - was.get(id)[1];
  const end = (id, i) => [knots[i] + now.get(id)[0] - was.get(id)[0], knots[i + 1] + dy(id)];
  const last = knots.length - 2;
  let first = 2, rest = last - 2;
  while (first < last && knots[first + 1] === knots[1]) first += 2;
  while (rest > first && knots[rest + 1] === knots[last + 1]) rest -= 2;
  const points = [end(source, 0)];
  for (let i = 2; i < last; i += 2) {
    const [x, y] = [knots[i], knots[i + 1]];
    const beside = x >= left - 1 && x <= right + 1;
    const shift = i < first ? dy(source) : i > rest ? dy(target) : !beside ? 0 : y > middle ? up : -up;
    points.push([x >= right - 1 ? x + wider : x, y + shift]);
  }
  points.push(end(target, last));
  return points.flatMap((point, k) => {
    const [x, before] = [knots[2 * k], k ? knots[2 * k - 2] : Infinity];
    if (before < right - 1 && x > right + 1) return [right + wider, points[k - 1][1], ...point];
    if (before < left - 1 && x > left + 1) return [left, point[1], ...point];
    return k === 0 && Math.abs(x - right) < 1 ? [...point, x + wider, point[1]] : point;
  });
}

function boundsOf({ boxes, frames, edges }) {
  const all = [...boxes, ...frames];
  const heights = edges.flatMap((edge) => edge.knots.filter((_, i) => i % 2));
  const low = (values) => values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = (values) => values.reduce((a, b) => Math.max(a, b), -Infinity);
  const [x, y] = [low(all.map((b) => b.x)), low([...all.map((b) => b.y), ...heights])];
  return {
    x, y, w: high(all.map((b) => b.x + b.w)) - x, h: high([...all.map((b) => b.y + b.h), ...heights]) - y,
  };
}

// For every node of the graph, the box that it is in.
function unitsOf(boxes) {
  const unit = [];
  for (const box of boxes) for (const node of box.members) unit[node] = box;
  return unit;
}

// --- steps -------------------------------------------------------------------------------------------

// Where one stops: after how many of the graph's own steps. What a closed group does on end is one step.
function stopsOf(view) {
  const stops = [0];
  for (let i = 0; i < STEPS.length; i += 1) {
    if (i + 1 < STEPS.length && together(view, STEPS[i], STEPS[i + 1])) continue;
    stops.push(i + 1);
  }
  stops.push(STEPS.length + 1); // all is done
  return stops;
}

function together(view, step, next) {
  const box = view.unit[step.actor];
  return step.forward === next.forward && !step.seed && box.kind === "group" && box === view.unit[next.actor];
}

// --- what the graph's steps do -----------------------------------------------------------------------

const FORWARD = ["node", "formula", "figures"];
const BACKWARD = [
  "node", "parent", "formula", "figures", "slope", "gradient", "term", "before", "after", "tone", "flow",
];

// A node is computed by one step; some bring it a part of its gradient, and others hand that on.
const NODES = DATA.nodes.map(([name, data, leaf]) => ({
  name, data, leaf: leaf === 1, computed: -1, arrivals: [], departures: [],
}));

const STEPS = [
  ...DATA.forward.map((row) => ({ forward: true, seed: false, ...named(FORWARD, row) })),
  ...DATA.backward.map((row) => ({ forward: false, seed: row[0] < 0, ...named(BACKWARD, row) })),
];

// Who acts in it; in the first step backward that is the result itself.
for (const step of STEPS) step.actor = step.seed ? step.parent : step.node;

const SPLIT = DATA.forward.length;

STEPS.forEach((step, i) => {
  if (step.forward) NODES[step.node].computed = i;
  else NODES[step.parent].arrivals.push(i);
  if (!step.forward && !step.seed) NODES[step.node].departures.push(i);
});

// A group of several results has no number of its own.
function stateOfAll(members, done) {
  const states = members.map((i) => stateOf(NODES[i], done));
  return { known: states.every((s) => s.known), gradient: "–", tone: null, whole: states.every((s) => s.whole) };
}

// A node after `done` steps: whether its number is there, and how far its gradient is.
function stateOf(node, done) {
  const arrived = node.arrivals.filter((i) => i < done).length;
  const latest = arrived ? STEPS[node.arrivals[arrived - 1]] : null;
  return {
    known: node.computed < done,
    gradient: latest ? latest.after : "–",
    tone: latest ? latest.tone : null,
    whole: latest !== null && arrived === node.arrivals.length,
  };
}
