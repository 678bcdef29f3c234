// Zoom and pan: wheel, drag, two fingers, keys. What is under way is kept in sight.

const LEAST = 0.08, MOST = 4, SMALLEST = 0.4, BAR = 60, RIM = 30, ROOM = 24;
const READABLE = [0.5, 0.62], HELD = [0.7, 0.85]; // a whole picture of less is shown so large: HELD is a phone's

function panner(svg, world) {
  let scale = 1, left = 0, top = 0; // of the world in the window, in pixels
  let bounds = { x: 0, y: 0, w: 1, h: 1 };
  let fitted = true;
  const fingers = new Map();
  let moved = 0;
  let seen = false, again = null; // whether there was a window to begin in, as there is not in a hidden frame

  const size = () => svg.getBoundingClientRect();
  const halfway = () => (size().height + BAR - ROOM / 2) / 2; // of what is below the buttons

  function apply(smooth = false) {
    world.classList.toggle("gliding", smooth && !still());
    world.style.transform = `translate(${left.toFixed(1)}px,${top.toFixed(1)}px) scale(${scale.toFixed(4)})`;
  }

  // The whole picture, in the middle below the buttons, no larger than is of use.
  function fit(smooth = false) {
    const { width, height } = size();
    scale = clamp(Math.min((width - ROOM) / bounds.w, (height - BAR - ROOM / 2) / bounds.h), LEAST, 1.7);
    left = (width - bounds.w * scale) / 2 - bounds.x * scale;
    top = halfway() - (bounds.y + bounds.h / 2) * scale;
    fitted = true;
    apply(smooth);
  }

  // At first a large picture is shown at a size at which it can be read.
  function begin(next, focus) {
    bounds = next;
    again = () => begin(next, focus);
    seen = size().width > 0;
    fit();
    const [least, larger] = size().width < 700 ? HELD : READABLE;
    if (scale >= least) return;
    zoom(larger / scale, [size().width / 2, halfway()]);
    if (focus) follow(focus, false);
  }

  function zoom(factor, at = null) {
    const frame = size();
    const [x, y] = at ?? [frame.width / 2, frame.height / 2];
    const next = clamp(scale * factor, LEAST, MOST);
    left = x - ((x - left) * next) / scale;
    top = y - ((y - top) * next) / scale;
    scale = next;
    fitted = false;
    apply();
  }

  // Moves no further than is needed to have the boxes in the window.
  function follow(boxes, smooth = true) {
    if (fitted || boxes.length === 0 || fingers.size) return;
    const { width, height } = size();
    if (!fits(boxes, scale)) boxes = shrunk(boxes);
    const low = (key) => Math.min(...boxes.map((b) => b[key]));
    const high = (key, extent) => Math.max(...boxes.map((b) => b[key] + b[extent]));
    left += shift(low("x") * scale + left, high("x", "w") * scale + left, width);
    top += shift(low("y") * scale + top, high("y", "h") * scale + top, height, BAR); // clear of the buttons
    apply(smooth);
  }

  const extent = (boxes, key, length) =>
    Math.max(...boxes.map((b) => b[key] + b[length])) - Math.min(...boxes.map((b) => b[key]));

  function fits(boxes, at) {
    const { width, height } = size();
    return extent(boxes, "x", "w") * at < width - 2 * RIM && extent(boxes, "y", "h") * at < height - BAR - RIM;
  }

  // What is too far apart is shown smaller; what would be too small to read is left out but for the last.
  function shrunk(boxes) {
    if (!fits(boxes, SMALLEST)) return boxes.slice(-1);
    const { width, height } = size();
    const [across, up] = [width - 2 * RIM - 1, height - BAR - RIM - 1];
    zoom(Math.min(across / extent(boxes, "x", "w"), up / extent(boxes, "y", "h")) / scale);
    return boxes;
  }

  function shift(from, to, window_, first = RIM) {
    if (to - from > window_ - first - RIM) return (first + window_ - RIM) / 2 - (from + to) / 2;
    return from < first ? first - from : to > window_ - RIM ? window_ - RIM - to : 0;
  }

  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    const frame = size();
    const turn = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    zoom(Math.exp(-clamp(turn, -240, 240) * 0.0022), [event.clientX - frame.left, event.clientY - frame.top]);
  }, { passive: false });

  svg.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (fingers.size === 0) moved = 0;
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  window.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = [...fingers.values()];
    const [x, y] = fingers.get(event.pointerId);
    fingers.set(event.pointerId, [event.clientX, event.clientY]);
    moved += Math.hypot(event.clientX - x, event.clientY - y);
    if (moved < 5) return;
    svg.classList.add("dragging");
    if (fingers.size === 1) {
      left += event.clientX - x;
      top += event.clientY - y;
      fitted = false;
      apply();
    } else {
      pinch(before, [...fingers.values()]);
    }
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    if (fingers.size === 0) svg.classList.remove("dragging");
  };
  window.addEventListener("pointerup", lift);
  window.addEventListener("pointercancel", lift);

  function pinch([a, b], [c, d]) {
    const frame = size();
    const apart = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1]) || 1;
    const centre = [(c[0] + d[0]) / 2 - frame.left, (c[1] + d[1]) / 2 - frame.top];
    left += (c[0] + d[0] - a[0] - b[0]) / 2;
    top += (c[1] + d[1] - a[1] - b[1]) / 2;
    zoom(apart(c, d) / apart(a, b), centre);
  }

  new ResizeObserver(() => {
    if (!seen && again) again();
    else if (fitted) fit();
  }).observe(svg);

  return {
    begin, fit, zoom, follow,
    get wasDragged() { return moved >= 5; },
    get scale() { return scale; },
  };
}
