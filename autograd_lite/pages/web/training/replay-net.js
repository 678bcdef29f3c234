// The net's picture: neurons in columns; a line's width is the size of its weight, colour and dashes its sign.

const WIDEST = 7; // of a line, for the largest weight of all epochs

function netPicture(svg) {
  const { columns, sizes, names, lines, biases } = DATA.net;
  let [frame, strokes, discs] = [0, [], []];

  // The places of neurons for a box of this size.
  function places(width, height) {
    const left = Math.max(50, 28 + Math.max(...DATA.features.map((name) => ruler.measureText(cut(name)).width)));
    const across = (width - left - 50) / (columns.length - 1);
    const gaps = columns.map((column) => Math.min((height - 62) / Math.max(1, column.length - 1), 56));
    const radius = clamp(0.36 * Math.min(...gaps), 4, 11);
    const y = (k, i) => (height - 26) / 2 + gaps[k] * (i - (columns[k].length - 1) / 2);
    return { radius, x: (k) => left + across * k, y };
  }

  function build() {
    const { width, height } = svg.getBoundingClientRect();
    if (width < 150 || height < 100) return;
    const at = places(width, height);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    strokes = lines.map(([k, a, b]) => {
      const ends = { x1: at.x(k), y1: at.y(k, a), x2: at.x(k + 1), y2: at.y(k + 1, b) };
      return svg.appendChild(makeSvg("line", ends, makeSvg("title")));
    });
    discs = columns.flatMap((column, k) => column.map((neuron, i) => drawNeuron(at, k, i)).filter((disc) => disc));
    columns.forEach((column, k) => text(at.x(k), height - 8, "middle", `${sizes[k]} ${names[k]}`));
    columns[0].forEach((neuron, i) => text(at.x(0) - at.radius - 7, at.y(0, i) + 5, "end", cut(DATA.features[neuron])));
    draw(frame);
  }

  // Its circle, and in it a disc for the bias, where there is one.
  function drawNeuron(at, k, i) {
    const [x, y, place] = [at.x(k), at.y(k, i), biases[k][i]];
    if (columns[k][i] === null) return text(x, y + 5, "middle", "⋮");
    svg.append(makeSvg("circle", { class: "neuron", cx: x, cy: y, r: at.radius }));
    if (place < 0) return null;
    return [svg.appendChild(makeSvg("circle", { cx: x, cy: y, r: at.radius - 0.8 }, makeSvg("title"))), place];
  }

  function text(x, y, anchor, words) {
    svg.append(makeSvg("text", { x, y, "text-anchor": anchor }, words));
    return null;
  }

  function drawLine(stroke, weight) {
    const share = Number.isFinite(weight) ? Math.abs(weight) / DATA.largest : 1;
    stroke.setAttribute("class", weight < 0 ? "neg" : "pos");
    stroke.style.strokeWidth = (0.6 + (WIDEST - 0.6) * share).toFixed(2);
    stroke.style.strokeOpacity = (0.25 + 0.75 * Math.min(1, 2 * share)).toFixed(2);
    stroke.firstChild.textContent = `weight ${short(weight)}`;
  }

  function drawDisc(disc, bias) {
    disc.setAttribute("class", bias < 0 ? "bias neg" : "bias pos");
    disc.style.fillOpacity = Math.min(1, Math.sqrt(Math.abs(bias) / DATA.largest) || 0).toFixed(2);
    disc.firstChild.textContent = `bias ${short(bias)}`;
  }

  function draw(to) {
    frame = to;
    const weights = weightsOf(frame);
    strokes.forEach((stroke, i) => drawLine(stroke, weights[lines[i][3]]));
    for (const [disc, place] of discs) drawDisc(disc, weights[place]);
    svg.setAttribute("aria-label", `The net, ${sizes.join("-")}, its weights at epoch ${DATA.epochs[frame]}`);
  }

  new ResizeObserver(build).observe(svg);
  build();
  return draw;
}

const ruler = make("canvas").getContext("2d");
ruler.font = `15px ${styled("--sans")}`;
const cut = (name) => fitted(ruler, name, 96);

// --- the same as numbers ---------------------------------------------------------------------------------

function tables(host) {
  const { columns, biases, lines } = DATA.net;
  const cells = [];
  for (let k = 0; k + 1 < columns.length; k += 1) {
    const shown = columns[k].map((_, i) => i).filter((i) => columns[k][i] !== null);
    const heads = shown.map((i) => make("th", { scope: "col" }, k ? `h${columns[k][i] + 1}` : cut(DATA.features[columns[0][i]])));
    const table = make("table", {}, make("caption", {}, `layer ${k + 1}`));
    table.append(make("tr", {}, make("td"), ...heads, make("th", { scope: "col" }, "bias")));
    columns[k + 1].forEach((neuron, b) => {
      if (neuron === null) return;
      const own = lines.filter((line) => line[0] === k && line[2] === b).map((line) => line[3]);
      const row = [...own, biases[k + 1][b]].map((place) => [make("td"), place]);
      cells.push(...row.filter(([, place]) => place >= 0));
      table.append(make("tr", {}, make("th", { scope: "row" }, `neuron ${neuron + 1}`), ...row.map(([cell]) => cell)));
    });
    host.append(table);
  }
  return function draw(frame) {
    const weights = weightsOf(frame);
    for (const [cell, place] of cells) cell.textContent = short(weights[place]);
  };
}
