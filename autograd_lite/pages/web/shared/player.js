// The bar that moves through positions 0 ... last: buttons, slider, speed, keys. The page says what a position is.
//
// player(host, {last, show, name, speeds, split}): `show(position)` draws, `name(position)` is what the slider
// says of it, `split` is a position that the slider marks. It gives {go, by, pause, toggle, resize, position}.

const SPEEDS = [["0.5×", 2400], ["1×", 1200], ["2×", 600], ["4×", 300], ["10×", 120]];

const ICONS = {
  first: "M5 5h3v14H5ZM19 5v14L9 12Z",
  back: "M16 5v14L6 12Z",
  play: "M7 4v16l13-8Z",
  pause: "M6 5h4v14H6ZM14 5h4v14h-4Z",
  on: "M8 5v14l10-7Z",
  last: "M16 5h3v14h-3ZM5 5v14l10-7Z",
};

function player(host, { last, show, name, speeds = SPEEDS, split = null, start = 0 }) {
  let position = start;
  let timer = null;
  let delay = speeds[1][1];

  const button = (key, label, keys, action) => {
    const made = make("button", { type: "button", id: `player-${key}`, "aria-label": label, title: `${label} (${keys})` });
    made.append(icon(ICONS[key]));
    made.addEventListener("click", action);
    return made;
  };
  const slider = make("input", { type: "range", id: "player-slider", min: 0, step: 1, "aria-label": "Step" });
  const count = make("output", { class: "count", for: "player-slider" });
  const speed = make("select", { id: "player-speed", "aria-label": "Speed of play" });
  speeds.forEach(([label, wait], i) => speed.append(make("option", { value: wait, selected: i === 1 ? "" : null }, label)));
  const first = button("first", "To the start", "Home", () => go(0));
  const back = button("back", "One step back", "←", () => by(-1));
  const play = button("play", "Play", "Space", () => toggle());
  const on = button("on", "One step on", "→", () => by(1));
  const end = button("last", "To the end", "End", () => go(last));
  play.classList.add("main");

  slider.addEventListener("input", () => go(Number(slider.value)));
  speed.addEventListener("change", () => {
    delay = Number(speed.value);
    if (timer !== null) start_();
  });
  host.classList.add("player");
  host.append(
    make("div", { class: "buttons", role: "group", "aria-label": "Steps" }, first, back, play, on, end),
    make("div", { class: "track" }, slider, count),
    make("label", {}, make("span", {}, "Speed"), speed),
  );

  function draw() {
    slider.max = last;
    slider.value = position;
    slider.setAttribute("aria-valuetext", name(position));
    slider.style.setProperty("--filled", `${(100 * position) / Math.max(last, 1)}%`);
    if (split !== null) slider.style.setProperty("--split", `${(100 * split) / Math.max(last, 1)}%`);
    count.textContent = `${position} / ${last}`;
    for (const made of [first, back]) made.setAttribute("aria-disabled", String(position === 0));
    for (const made of [on, end]) made.setAttribute("aria-disabled", String(position === last));
    show(position);
  }

  // What the user does himself stops the play.
  function go(to) {
    pause();
    position = clamp(to, 0, last);
    draw();
  }

  function by(change) {
    go(position + change);
  }

  function tick() {
    if (position >= last) return pause();
    position += 1;
    draw();
    if (position >= last) pause();
  }

  function start_() {
    clearInterval(timer);
    timer = setInterval(tick, delay);
  }

  function toggle() {
    if (timer !== null) return pause();
    if (position >= last) position = 0;
    start_();
    face("pause", "Pause");
    tick();
  }

  function pause() {
    if (timer === null) return;
    clearInterval(timer);
    timer = null;
    face("play", "Play");
  }

  function face(key, label) {
    play.replaceChildren(icon(ICONS[key]));
    play.setAttribute("aria-label", label);
    play.title = `${label} (Space)`;
  }

  // Another number of positions, as when a part of the picture is opened.
  function resize(to) {
    ({ last, split } = { ...to, split: to.split ?? null });
    position = clamp(to.position, 0, last);
    draw();
  }

  const moves = {
    ArrowRight: () => by(1), ArrowLeft: () => by(-1), Home: () => go(0), End: () => go(last), " ": toggle,
    PageDown: () => by(Math.max(1, Math.round(last / 10))), PageUp: () => by(-Math.max(1, Math.round(last / 10))),
  };
  document.addEventListener("keydown", (event) => {
    const typed = event.target.closest("select, textarea, input:not([type=range])");
    const pressed = event.key === " " && event.target.closest("button, a, [role=button]");
    if (typed || pressed || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!(event.key in moves)) return;
    event.preventDefault();
    moves[event.key]();
  });

  draw();
  return { go, by, pause, toggle, resize, get position() { return position; }, get playing() { return timer !== null; } };
}
