// The numbers on the edges: which of the local derivatives can be read, so that they are shown at rest.

// Those on the way to a box are shown all or none, and so are those to a column of groups, such as a layer:
// where none of them covers a box, another number or another edge. The two edges of x * x share theirs.
function legible(view) {
  const taken = view.boxes.map(({ x, y, w, h }) => [x, y, x + w, y + h]);
  const ways = view.edges.map((edge) => ({ edge, dots: along(edge.knots) }));
  const shown = [];
  for (const edges of arrivals(view).values()) {
    const areas = edges.map(areaOf);
    const free = (area, k) =>
      [...taken, ...areas.slice(0, k)].every((other) => apart(area, other)) &&
      ways.every(({ edge, dots }) => twins(edge, edges[k]) || !dots.some((dot) => within(dot, area)));
    if (!areas.every(free)) continue;
    taken.push(...areas);
    shown.push(...edges);
  }
  return shown;
}

// The edges with a number of their own, by where they go.
function arrivals(view) {
  const found = new Map(), written = new Set();
  for (const edge of view.edges) {
    const name = `${edge.source} ${edge.target} ${edge.slope}`;
    if (!edge.numbered || !edge.slope || written.has(name)) continue;
    written.add(name);
    const { id, kind, x, w } = view.byId.get(edge.target);
    const place = kind === "group" ? `column ${Math.round((x + w / 2) / 10)}` : id;
    found.set(place, [...(found.get(place) ?? []), edge]);
  }
  return found;
}

const twins = (a, b) => a.source === b.source && a.target === b.target;

function areaOf(edge) {
  const [x, y] = edge.label ?? middle(edge.knots);
  const half = edge.slope.length * SMALL * 0.3;
  return [x - half, y - SMALL * 0.4, x + half, y + SMALL * 0.4];
}

const apart = (a, b) => a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];

const within = ([x, y], [left, top, right, bottom]) => x > left && x < right && y > top && y < bottom;

// Points along a route, near enough to each other that none of its curves jumps over a number.
function along(knots) {
  const points = [];
  for (let i = 2; i < knots.length; i += 2) {
    const [x0, y0, x1, y1] = knots.slice(i - 2, i + 2);
    const count = Math.ceil((Math.abs(x1 - x0) + Math.abs(y1 - y0)) / 6) + 1;
    for (let k = 0; k <= count; k += 1) {
      const t = k / count, s = 1 - t;
      const rise = 3 * s * t * t + t * t * t; // of a curve that leaves and arrives level
      const run = 1.5 * s * t + t * t * t;
      points.push([x0 + (x1 - x0) * run, y0 + (y1 - y0) * rise]);
    }
  }
  return points;
}
