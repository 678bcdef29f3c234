// The picture: boxes and edges as SVG, and what of them is known, done and under way.

const TITLE = 14, SMALL = 11, TEXT = 12, LEADING = 1.3, PAD_X = 10, PAD_Y = 7;

const at = (x) => Math.round(x * 10) / 10;

// A curve through the knots that leaves and meets each of them level.
function curve(knots) {
  let path = `M${at(knots[0])} ${at(knots[1])}`;
  for (let i = 2; i < knots.length; i += 2) {
    const [x0, y0, x, y] = knots.slice(i - 2, i + 2);
    const bend = (x - x0) / 2;
    if (Math.abs(y - y0) >= 0.5) path += `C${at(x0 + bend)} ${at(y0)} ${at(x - bend)} ${at(y)} ${at(x)} ${at(y)}`;
    else path += `L${at(x)} ${at(y)}`;
  }
  return path;
}

const head = (x, y, size) => `M${at(x)} ${at(y)}l${-size * 1.6} ${-size}v${2 * size}z`;

// The middle of the longest piece of a route, for its label.
function middle(knots) {
  let best = 0;
  for (let i = 2; i < knots.length; i += 2) {
    if (knots[i] - knots[i - 2] > knots[best + 2] - knots[best]) best = i - 2;
  }
  return [(knots[best] + knots[best + 2]) / 2, (knots[best + 1] + knots[best + 3]) / 2];
}

function drawBox(box) {
  const { x, y, w, h } = box;
  const group = makeSvg("g", {
    class: `box ${box.kind}${box.result ? " result" : ""}`, "data-id": box.id,
    transform: `translate(${at(x)} ${at(y)})`, tabindex: "-1", role: "button",
  });
  const round = box.kind === "leaf" || box.kind === "constant" ? Math.min(18, h / 2) : 7;
  group.append(makeSvg("rect", { class: "halo", x: -7, y: -7, width: w + 14, height: h + 14, rx: 14 }));
  group.append(makeSvg("rect", { class: "face", width: w, height: h, rx: round }));
  if (DATA.openings[box.id]) group.append(plus(w - 2, 2));
  box.parts = { group };
  let line = PAD_Y;
  const write = (text, size, name, anchor, left) => {
    const place = { x: at(left), y: at(line + size * 0.98), "text-anchor": anchor, "font-size": size };
    const made = makeSvg("text", { class: name, ...place }, text);
    group.append(made);
    return made;
  };
  for (const text of box.title) {
    write(text, TITLE, "title", "middle", w / 2);
    line += LEADING * TITLE;
  }
  if (box.subtitle) {
    write(box.subtitle, SMALL, "subtitle", "middle", w / 2);
    line += LEADING * SMALL;
  }
  if (box.value >= 0) {
    for (const row of ["data", "grad"]) {
      write(row, TEXT, "word", "start", PAD_X);
      box.parts[row] = write("", TEXT, row, "end", w - PAD_X);
      line += LEADING * TEXT;
    }
  }
  return group;
}

function plus(x, y) {
  const place = { class: "more", transform: `translate(${x} ${y})` };
  return makeSvg("g", place, makeSvg("circle", { r: 8 }), makeSvg("path", { d: "M-4 0h8M0 -4v8" }));
}

function drawEdge(edge) {
  const [x, y] = edge.knots.slice(-2);
  const group = makeSvg("g", { class: "edge" });
  edge.path = curve(edge.knots);
  group.append(makeSvg("path", { class: "line", d: edge.path }), makeSvg("path", { class: "head", d: head(x, y, 4) }));
  edge.part = group;
  edge.number = null;
  return group;
}

// The local derivative, on the edge.
function pill(edge, name) {
  const [x, y] = edge.label ?? middle(edge.knots);
  const [height, size] = name === "slope" ? [16, SMALL] : [20, TEXT];
  const width = edge.slope.length * size * 0.6 + 8;
  const raised = name === "slope" ? 0 : 15; // the arrow below it stays in sight
  return makeSvg(
    "g", { class: name, transform: `translate(${at(x)} ${at(y - raised)})` },
    makeSvg("rect", { x: -width / 2, y: -height / 2, width, height, rx: height / 2 }),
    makeSvg("text", { "text-anchor": "middle", y: size * 0.35, "font-size": size }, edge.slope),
  );
}

function drawFrame(frame, opened) {
  return makeSvg(
    "g", { class: frame.id === opened ? "frame opened" : "frame" },
    makeSvg("rect", { x: at(frame.x), y: at(frame.y), width: at(frame.w), height: at(frame.h), rx: 10 }),
    makeSvg("text", { x: at(frame.x + 10), y: at(frame.y + 17), "font-size": TEXT }, frame.label),
  );
}

// Everything anew: for another view.
function drawView(world, view) {
  const frames = makeSvg("g", { class: "frames" }, ...view.frames.map((frame) => drawFrame(frame, view.opened)));
  const edges = makeSvg("g", { class: "edges" }, ...view.edges.map((edge) => drawEdge(edge)));
  const numbers = makeSvg("g", { class: "numbers" });
  for (const edge of legible(view)) numbers.append((edge.number = pill(edge, "slope")));
  const active = makeSvg("g", { class: "active" });
  const boxes = makeSvg("g", { class: "boxes" }, ...view.boxes.map(drawBox));
  world.classList.toggle("dense", view.edges.length > 150);
  world.replaceChildren(frames, edges, numbers, boxes, active);
  view.active = active;
  view.between = new Map();
  for (const edge of view.edges) {
    const key = `${edge.source} ${edge.target}`;
    view.between.set(key, [...(view.between.get(key) ?? []), edge]);
  }
}

// --- one position ------------------------------------------------------------------------------------

// The run of steps [from, done) is the one under way; all before it is done.
function showState(view, from, done) {
  const now = STEPS.slice(from, done);
  const acting = new Set(now.map((step) => view.unit[step.actor].id));
  const fed = new Set(now.filter((step) => !step.forward).map((step) => view.unit[step.parent].id));
  for (const box of view.boxes) showBox(box, done, acting.has(box.id), fed.has(box.id) && !acting.has(box.id));
  for (const edge of view.edges) showEdge(view, edge, done);
  showFlow(view, now);
}

function showBox(box, done, acting, fed) {
  const { group, data, grad } = box.parts;
  if (box.kind === "constant") return;
  const node = NODES[box.value];
  const state = node ? stateOf(node, done) : stateOfAll(box.members, done);
  const classes = [
    "box", box.kind, box.result && "result", DATA.openings[box.id] && "opens", state.known ? "known" : "unknown",
    state.tone !== null && toneClass(state.tone), state.tone !== null && !state.whole && "partial",
    !node && state.whole && "passed", acting && "acting", fed && "fed",
  ];
  update(group, "class", classes.filter(Boolean).join(" "));
  update(group, "style", state.tone === null ? "" : `--tone:${toneShare(state.tone)}%`);
  if (!node) return update(group, "aria-label", `${box.name}, closed`);
  const value = state.known ? node.data : "?";
  if (data.textContent !== value) data.textContent = value;
  if (grad.textContent !== state.gradient) grad.textContent = state.gradient;
  return update(group, "aria-label", aloud(box, node, state));
}

function aloud(box, node, { known, gradient, tone, whole }) {
  const name = box.kind === "group" ? `${box.name}, closed` : node.name;
  const so = tone === null ? "not yet known" : whole ? gradient : `so far ${gradient}`;
  return `${name}: value ${known ? node.data : "not yet known"}, gradient ${so}`;
}

function update(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

// A tone is from -100 to 100, by sign and size; "nan" stands for itself.
const toneClass = (tone) => (tone === "nan" ? "nan" : tone > 0 ? "pos" : tone < 0 ? "neg" : "zero");
const toneShare = (tone) => (tone === "nan" ? 100 : Math.round(15 + 0.85 * Math.abs(tone)));

// The steps that go along an edge are found once for a view.
function showEdge(view, edge, done) {
  edge.steps ??= stepsAlong(view, edge);
  const { computed, backward } = edge.steps;
  const passed = backward.filter((i) => i < done);
  const last = passed.length ? STEPS[passed.at(-1)].flow : 0;
  const flow = passed.length ? (last > 0 ? "went pos" : last < 0 ? "went neg" : "went zero") : "";
  const running = edge.part.classList.contains("running") ? "running" : "";
  const known = computed < done ? "known" : "unknown";
  update(edge.part, "class", ["edge", known, flow, running].filter(Boolean).join(" "));
  if (edge.number) update(edge.number, "class", `slope ${known}`);
}

function stepsAlong(view, edge) {
  const [source, target] = [view.byId.get(edge.source), view.byId.get(edge.target)];
  const computed = Math.max(-1, ...target.members.map((i) => NODES[i].computed));
  const among = new Set(source.members);
  const backward = target.members.flatMap((i) => NODES[i].departures.filter((s) => among.has(STEPS[s].parent)));
  const twins = view.between.get(`${edge.source} ${edge.target}`);
  const mine = twins.length > 1 && twins.length === backward.length ? [backward[twins.indexOf(edge)]] : backward;
  return { computed, backward: mine };
}

// The edges under way, on top of all others: thick, with the local derivative, running the way the numbers run.
function showFlow(view, now) {
  const active = [];
  for (const edge of view.edges) {
    const runs = now.some((step) => step.forward)
      ? now.some((step) => view.unit[step.node].id === edge.target)
      : edge.steps.backward.some((i) => now.includes(STEPS[i]));
    if (runs) active.push(edge);
  }
  const backward = now.length > 0 && !now[0].forward;
  const running = (edge, is) => [edge.part, edge.number].forEach((part) => part?.classList.toggle("running", is));
  for (const edge of view.running ?? []) running(edge, false);
  for (const edge of active) running(edge, true);
  view.active.replaceChildren(...active.map((edge) => flowing(edge, backward, active.length <= 12)));
  view.running = active;
}

function flowing(edge, backward, labelled) {
  const [x, y] = edge.knots.slice(0, 2);
  const arrow = backward ? `M${at(x)} ${at(y)}l13 -8v16z` : head(...edge.knots.slice(-2), 7);
  return makeSvg(
    "g", { class: backward ? "flow backward" : "flow" },
    makeSvg("path", { class: "under", d: edge.path }),
    makeSvg("path", { class: "line", d: edge.path }),
    labelled && edge.slope && backward ? pill(edge, "pill") : null,
    makeSvg("path", { class: "head", d: arrow }),
  );
}
