// The loss by epoch: what is to come is faint, what has been is strong, and a dot is where we are.

const CURVES = { loss: "training", val_loss: "validation" };

// A number as short as four digits of it can be.
function short(x) {
  if (x === null || x === undefined || Number.isNaN(x)) return "–";
  if (x !== 0 && (Math.abs(x) >= 1e5 || Math.abs(x) < 1e-3)) return x.toExponential(2).replace("e+", "e");
  return String(Number(x.toPrecision(4)));
}

// A mark of the axis, which is round: as short as it can be.
const round = (x) => (x !== 0 && (Math.abs(x) >= 1e5 || Math.abs(x) < 1e-3) ? x.toExponential().replace("e+", "e") : String(x));

const MARKED = 5; // powers of ten that are marked, or nearly as many

// The scale for the height: logarithmic where the loss falls by more than twenty, or rises as it goes astray.
function heights(numbers) {
  const known = numbers.filter((x) => x !== null);
  let [low, high] = [Math.min(...known), Math.max(...known)];
  if (low > 0 && high > 20 * low) {
    const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
    const step = Math.ceil((last - first) / MARKED);
    const powers = Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => Number(`1e${first + i * step}`));
    const marks = powers.filter((x) => x > 0 && x < Infinity); // a float ends before its last powers do
    return { share: (x) => (Math.log10(x) - first) / (last - first), marks };
  }
  low = Math.min(low, 0);
  if (high <= low) high = low + 1;
  return { share: (x) => (x - low) / (1.06 * (high - low)), marks: ticks(low, 1.02 * high, 4) };
}

function curve(svg, names, go) {
  const series = Object.fromEntries(names.map((name) => [name, DATA.figures[name]]));
  const last = DATA.epochs[DATA.epochs.length - 1];
  const scale = heights(names.flatMap((name) => series[name]));
  const [first, parts] = [DATA.epochs[0], {}];
  let [width, height, frame] = [0, 0, 0];
  const atX = (epoch) => 54 + ((epoch - first) / Math.max(1, last - first)) * (width - 74);
  const atY = (x) => height - 30 - scale.share(x) * (height - 40);

  function path(numbers, until) {
    let [d, drawing] = ["", false];
    for (let epoch = Math.max(1, first); epoch <= until; epoch += 1) {
      const x = numbers[epoch - 1] ?? null;
      if (x !== null) d += `${drawing ? "L" : "M"}${atX(epoch).toFixed(1)} ${atY(x).toFixed(1)}`;
      drawing = x !== null;
    }
    return d;
  }

  function fit() {
    const box = svg.getBoundingClientRect();
    [width, height] = [box.width, box.height];
    if (width < 80) return;
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren();
    for (const x of scale.marks) {
      svg.append(makeSvg("path", { class: "axis", d: `M54 ${atY(x)}H${width - 16}` }));
      svg.append(makeSvg("text", { x: 48, y: atY(x) + 4, "text-anchor": "end" }, round(x)));
    }
    for (const epoch of ticks(first, last, Math.min(5, Math.max(1, last - first))).filter(Number.isInteger)) {
      svg.append(makeSvg("text", { x: atX(epoch), y: height - 10, "text-anchor": "middle" }, String(epoch)));
    }
    parts.now = svg.appendChild(makeSvg("path", { class: "now" }));
    for (const name of names) {
      svg.append(makeSvg("path", { class: `trace whole ${name}`, d: path(series[name], last) }));
      parts[name] = [makeSvg("path", { class: `trace ${name}` }), makeSvg("circle", { class: `dot ${name}`, r: 6.5 })];
      svg.append(...parts[name]);
    }
    draw(frame);
  }

  function draw(to) {
    frame = to;
    const epoch = DATA.epochs[frame];
    if (!parts.now) return;
    parts.now.setAttribute("d", `M${atX(epoch)} 8V${height - 28}`);
    for (const name of names) {
      const [trace, dot] = parts[name];
      const x = series[name][epoch - 1] ?? null;
      trace.setAttribute("d", path(series[name], epoch));
      dot.style.display = x === null ? "none" : "";
      if (x !== null) [["cx", atX(epoch)], ["cy", atY(x)]].forEach(([at, number]) => dot.setAttribute(at, number));
    }
    const said = names.map((name) => `${CURVES[name]} ${short(series[name][epoch - 1])}`).join(", ");
    svg.setAttribute("aria-label", `Loss by epoch. At epoch ${epoch} of ${last}: ${said}`);
  }

  // A click on the curve goes to that epoch; the slider does the same for the keyboard.
  svg.addEventListener("click", (event) => {
    const x = event.clientX - svg.getBoundingClientRect().left;
    const distances = DATA.epochs.map((epoch) => Math.abs(atX(epoch) - x));
    go(distances.indexOf(Math.min(...distances)));
  });
  new ResizeObserver(fit).observe(svg);
  fit();
  return draw;
}

function curveLegend(host, names) {
  for (const name of names) {
    const line = makeSvg("svg", { class: "key", viewBox: "0 0 36 12", "aria-hidden": "true" });
    line.append(makeSvg("path", { class: `trace ${name}`, d: "M2 6h32" }));
    host.append(make("li", {}, line, CURVES[name]));
  }
  host.append(make("li", { class: "note" }, "a click goes to that epoch"));
}
