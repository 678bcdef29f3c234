// The plane of the two inputs: who wins where as colour, the boundary as a line, the samples on top.

const MARKS = {
  o: (p, r) => p.arc(0, 0, r, 0, 7),
  s: (p, r) => p.rect(-0.88 * r, -0.88 * r, 1.76 * r, 1.76 * r),
  D: (p, r) => corners(p, [[0, -1.25 * r], [1.25 * r, 0], [0, 1.25 * r], [-1.25 * r, 0]]),
  "^": (p, r) => corners(p, [[0, -1.2 * r], [1.15 * r, 0.85 * r], [-1.15 * r, 0.85 * r]]),
  v: (p, r) => corners(p, [[0, 1.2 * r], [1.15 * r, -0.85 * r], [-1.15 * r, -0.85 * r]]),
  "<": (p, r) => corners(p, [[-1.2 * r, 0], [0.85 * r, 1.15 * r], [0.85 * r, -1.15 * r]]),
  ">": (p, r) => corners(p, [[1.2 * r, 0], [-0.85 * r, 1.15 * r], [-0.85 * r, -1.15 * r]]),
  "*": (p, r) => corners(p, Array.from({ length: 10 }, (_, i) => turned(i % 2 ? 0.6 * r : 1.4 * r, (i * Math.PI) / 5))),
  P: (p, r) => cross(p, r, 0),
  X: (p, r) => cross(p, r, Math.PI / 4),
};

const turned = (r, angle) => [r * Math.sin(angle), -r * Math.cos(angle)];

function corners(path, points) {
  points.forEach(([x, y], i) => (i ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
}

function cross(path, r, turn) {
  const [a, b] = [0.45 * r, 1.2 * r];
  const around = [[a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a], [-a, -b]];
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  corners(path, around.map(([x, y]) => [c * x - s * y, s * x + c * y]));
}

function mark(pen, x, y, r, look) {
  const path = new Path2D();
  MARKS[look.marker](path, r);
  pen.save();
  pen.translate(x, y);
  pen.fillStyle = look.colour;
  pen.strokeStyle = "#ffffff";
  pen.lineWidth = 1.2;
  pen.fill(path);
  pen.stroke(path);
  pen.restore();
}

const rgb = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
const styled = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// A text that takes no more room than there is: of a longer one the beginning and an ellipsis.
function fitted(pen, text, room) {
  if (pen.measureText(text).width <= room) return text;
  const letters = [...text.slice(0, 200)];
  while (letters.length && pen.measureText(`${letters.join("")}…`).width > room) letters.pop();
  return `${letters.join("")}…`;
}

// Numbers at round distances from low to high, about `count` of them.
function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((n) => n * power >= rough) ?? 10);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) found.push(Number((i * step).toPrecision(12)));
  return found;
}

// --- the field of a frame -----------------------------------------------------------------------------

// The numbers of the frame: of two classes those of the second; else one field for every class.
function fieldsOf(frame) {
  const size = DATA.steps * DATA.steps;
  const begin = frame * DATA.fields * size;
  return Array.from({ length: DATA.fields }, (_, k) => GRIDS.subarray(begin + k * size, begin + (k + 1) * size));
}

// [winner, how sure from 0 to 1] at a point of the grid. A number is the fourth root of a chance.
function winner(fields, i) {
  const roots = fields.length > 1 ? fields.map((field) => field[i]) : [FULL - fields[0][i], fields[0][i]];
  const powers = roots.map((root) => (root / FULL) ** 4);
  const top = powers.indexOf(Math.max(...powers));
  const chance = powers[top] / powers.reduce((a, b) => a + b);
  return [top, (chance - 1 / powers.length) / (1 - 1 / powers.length) || 0];
}

// For every class a field that is 0 on its border, and how many points it has on a side.
function bordersOf(fields) {
  const fine = fields.map((field) => longer(longer(field, DATA.steps), FINER * (DATA.steps - 1) + 1));
  const borders = fine.map((own, k) => own.map((p, i) => {
    if (fine.length === 1) return p - FULL / 2;
    let other = 0;
    for (let j = 0; j < fine.length; j += 1) if (j !== k) other = Math.max(other, fine[j][i]);
    return p - other - 0.01; // where all are equal, nobody wins
  }));
  return [borders, FINER * (DATA.steps - 1) + 1];
}

const FINER = 4;

// The weights of four neighbours at 0, 1/4 ... of the way between the middle two (Catmull and Rom's curve).
const NEIGHBOURS = Array.from({ length: FINER + 1 }, (_, i) => {
  const t = i / FINER;
  return [-t + 2 * t * t - t ** 3, 2 - 5 * t * t + 3 * t ** 3, t + 4 * t * t - 3 * t ** 3, t ** 3 - t * t].map((w) => w / 2);
});

// A number of a line that begins at `start`; one place beyond its ends it goes on straight.
function beyond(field, start, i, n) {
  if (i >= 0 && i < n) return field[start + i];
  const [end, inner] = i < 0 ? [0, 1] : [n - 1, n - 2];
  return 2 * field[start + end] - field[start + inner];
}

// Every line with more points between its own, on a smooth curve; lines come out as columns, so twice does both.
function longer(field, lines) {
  const n = field.length / lines;
  const side = FINER * (n - 1) + 1;
  const found = new Float32Array(side * lines);
  for (let x = 0; x < side; x += 1) {
    const left = Math.min(n - 2, Math.floor(x / FINER));
    const weights = NEIGHBOURS[x - FINER * left];
    for (let line = 0; line < lines; line += 1) {
      let sum = 0;
      for (let k = 0; k < 4; k += 1) if (weights[k]) sum += weights[k] * beyond(field, line * n, left + k - 1, n);
      found[x * lines + line] = sum;
    }
  }
  return found;
}

// The lines where a field crosses 0, square by square: [x1, y1, x2, y2] in steps of the grid.
function crossings(field, n) {
  const lines = [];
  for (let y = 0; y + 1 < n; y += 1) {
    for (let x = 0; x + 1 < n; x += 1) {
      const at = y * n + x;
      const [a, b, c, d] = [field[at], field[at + 1], field[at + n + 1], field[at + n]];
      const found = [];
      if (a > 0 !== b > 0) found.push(x + a / (a - b), y);
      if (b > 0 !== c > 0) found.push(x + 1, y + b / (b - c));
      if (d > 0 !== c > 0) found.push(x + d / (d - c), y + 1);
      if (a > 0 !== d > 0) found.push(x, y + a / (a - d));
      for (let i = 0; i + 3 < found.length; i += 4) lines.push(found.slice(i, i + 4));
    }
  }
  return lines;
}

// --- on canvas -------------------------------------------------------------------------------------------

function plane(canvas) {
  const pen = canvas.getContext("2d");
  const small = make("canvas", { width: DATA.steps, height: DATA.steps });
  const [left, right, bottom, top] = DATA.box;
  let [width, height, frame] = [0, 0, 0];
  const area = { x: 46, y: 8, get w() { return width - 56; }, get h() { return height - 52; } };
  const atX = (x) => area.x + ((x - left) / (right - left)) * area.w;
  const atY = (y) => area.y + ((top - y) / (top - bottom)) * area.h;

  function fit() {
    const box = canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    [width, height] = [box.width, box.height];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw(frame);
  }

  // One pixel a point of the grid; the browser blends them into each other.
  function colours(fields) {
    const paint = small.getContext("2d");
    const image = paint.createImageData(DATA.steps, DATA.steps);
    const [paper, inks] = [rgb(styled("--paper")), DATA.classes.map((look) => rgb(look.colour))];
    for (let i = 0; i < fields[0].length; i += 1) {
      const [who, sure] = winner(fields, i);
      const share = 0.1 + 0.4 * sure;
      const row = DATA.steps - 1 - Math.floor(i / DATA.steps);
      const at = 4 * (row * DATA.steps + (i % DATA.steps));
      for (let c = 0; c < 3; c += 1) image.data[at + c] = paper[c] + share * (inks[who][c] - paper[c]);
      image.data[at + 3] = 255;
    }
    paint.putImageData(image, 0, 0);
  }

  function boundary(fields) {
    const [borders, side] = bordersOf(fields);
    const [dx, dy] = [area.w / (side - 1), area.h / (side - 1)];
    pen.beginPath();
    for (const [x1, y1, x2, y2] of borders.flatMap((border) => crossings(border, side))) {
      pen.moveTo(area.x + x1 * dx, area.y + area.h - y1 * dy);
      pen.lineTo(area.x + x2 * dx, area.y + area.h - y2 * dy);
    }
    pen.strokeStyle = styled("--ink");
    pen.lineWidth = 2.2;
    pen.lineCap = "round";
    pen.stroke();
  }

  function axes() {
    pen.fillStyle = styled("--faint");
    pen.font = `13px ${styled("--sans")}`;
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (const x of ticks(left, right, 5)) pen.fillText(String(x), atX(x), area.y + area.h + 6);
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const y of ticks(bottom, top, 5)) pen.fillText(String(y), area.x - 6, atY(y));
    pen.fillStyle = styled("--ink");
    pen.font = `15px ${styled("--sans")}`;
    pen.textAlign = "center";
    pen.textBaseline = "alphabetic";
    pen.fillText(fitted(pen, DATA.features[0], area.w), area.x + area.w / 2, height - 5);
    pen.save();
    pen.translate(13, area.y + area.h / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(fitted(pen, DATA.features[1], area.h), 0, 0);
    pen.restore();
  }

  function draw(to) {
    frame = to;
    if (width < 80) return;
    const fields = fieldsOf(frame);
    const [dx, dy] = [area.w / (DATA.steps - 1), area.h / (DATA.steps - 1)];
    pen.clearRect(0, 0, width, height);
    colours(fields);
    pen.save();
    pen.beginPath();
    pen.rect(area.x, area.y, area.w, area.h);
    pen.clip();
    pen.imageSmoothingQuality = "high";
    pen.drawImage(small, area.x - dx / 2, area.y - dy / 2, area.w + dx, area.h + dy);
    boundary(fields);
    const r = clamp(area.w / 90, 3.2, 6);
    for (const [x, y, place] of DATA.points) mark(pen, atX(x), atY(y), r, DATA.classes[place]);
    pen.restore();
    axes();
  }

  new ResizeObserver(fit).observe(canvas);
  document.addEventListener("themechange", () => draw(frame));
  fit();
  return draw;
}

function classLegend(host) {
  for (const look of DATA.classes) {
    const canvas = make("canvas", { width: 32, height: 32, "aria-hidden": "true" });
    const pen = canvas.getContext("2d");
    pen.scale(2, 2);
    mark(pen, 8, 8, 5.5, look);
    host.append(make("li", { title: look.name }, canvas, make("span", {}, look.name)));
  }
}
