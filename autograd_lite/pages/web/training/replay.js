// The training replay: what was recorded, and the bar that moves all pictures to an epoch.

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const FULL = 65535;
const GRIDS = new Uint16Array(bytes(DATA.grids).buffer);
const WEIGHTS = new Float32Array(bytes(DATA.weights).buffer);
const weightsOf = (frame) => WEIGHTS.subarray(frame * DATA.parameters, (frame + 1) * DATA.parameters);

const FRAME_SPEEDS = [["0.5×", 200], ["1×", 100], ["2×", 50], ["4×", 25]];
const curves = Object.keys(CURVES).filter((name) => (DATA.figures[name] || []).some((x) => x !== null));

let bar = null;
const drawings = [plane(find("#plane"))];
classLegend(find("#classes"));

// The figures of an epoch, in the header: epoch, loss, and what else was measured.
const figures = Object.keys(DATA.figures);
const readout = ["epoch", ...figures].map((name) => {
  const number = make("dd");
  find("#readout").append(make("div", {}, make("dt", {}, name.replace("val_", "validation ")), number));
  return number;
});

const figureAt = (name, frame) => DATA.figures[name][DATA.epochs[frame] - 1];

function shownFigure(name, frame) {
  const x = figureAt(name, frame);
  return name.endsWith("accuracy") && x !== null && x !== undefined ? `${Number((100 * x).toFixed(1))}%` : short(x);
}

function named(frame) {
  const all = figures.map((name) => `${name.replace("val_", "validation ")} ${shownFigure(name, frame)}`);
  return [`epoch ${DATA.epochs[frame]}`, ...(DATA.epochs[frame] ? all : ["before training"])].join(", ");
}

function show(frame) {
  for (const draw of drawings) draw(frame);
  readout[0].textContent = DATA.epochs[frame];
  figures.forEach((name, i) => { readout[i + 1].textContent = shownFigure(name, frame); });
  find("#player .count").textContent = `epoch ${DATA.epochs[frame]}`;
  if (!bar || !bar.playing) find("#said").textContent = named(frame);
  find("#plane").setAttribute("aria-label", `The plane of ${DATA.features.join(" and ")}, ${DATA.points.length} samples, ${named(frame)}`);
}

find("#title").textContent = DATA.title;
if (curves.length) {
  drawings.push(curve(find("#curve"), curves, (frame) => bar.go(frame)));
  curveLegend(find("#losses"), curves);
} else {
  find(".curve").remove();
  find("main").classList.add("curveless");
}
if (DATA.net.lines) {
  drawings.push(netPicture(find("#net")));
  const fill = tables(find("#tables"));
  const numbers = find("#numbers");
  drawings.push((frame) => { if (numbers.open) fill(frame); });
  numbers.addEventListener("toggle", () => fill(bar.position));
} else {
  for (const part of document.querySelectorAll(".net, .numbers")) part.remove();
  find("main").classList.add("netless");
}

bar = player(find("#player"), { last: DATA.epochs.length - 1, show, name: named, speeds: FRAME_SPEEDS });
find("#player-slider").setAttribute("aria-label", "Epoch");
