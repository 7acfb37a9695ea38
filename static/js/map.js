// The map over time: the slider, the steps and the player set the list in the form; htmx fetches the part.
(function () {
  "use strict";
  const form = document.getElementById("map-form");
  const select = document.getElementById("map-on");
  const range = document.getElementById("map-scrub");
  const play = form.querySelector("[data-map-play]");
  const still = window.matchMedia("(prefers-reduced-motion: reduce)");
  const STEP_MS = 900;
  // The select has the newest list first, the slider the oldest.
  const days = Array.from(select.options, function (option) { return option.value; }).reverse();
  let timer = 0;

  function show(place) {
    const on = days[place];
    if (on === undefined || select.value === on) return;
    select.value = on;
    mark(place);
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function mark(place) {
    range.value = String(place);
    range.setAttribute("aria-valuetext", days[place]);
  }

  function stop() {
    window.clearTimeout(timer);
    timer = 0;
    play.setAttribute("aria-pressed", "false");
    play.textContent = "Play";
  }

  function step() {
    const next = Number(range.value) + 1;
    if (next >= days.length || still.matches) return stop();
    show(next);
    // The next step is set when the part has come: a slow server is not overrun.
  }

  range.addEventListener("input", function (event) {
    event.stopPropagation();
    stop();
    show(Number(range.value));
  });
  // The slider is no field of the form: only the list that it chose is.
  range.addEventListener("change", function (event) { event.stopPropagation(); });

  play.addEventListener("click", function () {
    if (timer) return stop();
    play.setAttribute("aria-pressed", "true");
    play.textContent = "Pause";
    if (Number(range.value) >= days.length - 1) show(0);
    timer = window.setTimeout(step, STEP_MS);
  });

  document.addEventListener("click", function (event) {
    const link = event.target.closest("[data-map-step]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    stop();
    focusNext = link.id;
    show(days.indexOf(new URL(link.href).searchParams.get("on")));
  });

  let focusNext = "";
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.detail.target.id !== "map-part") return;
    const head = event.detail.target.querySelector(".map-head");
    mark(Number(head.dataset.place));
    if (focusNext) {
      const again = document.getElementById(focusNext) || document.querySelector("[data-map-step]");
      if (again) again.focus({ preventScroll: true });
      focusNext = "";
    }
    // The event comes once for every element of the part.
    window.clearTimeout(timer);
    if (timer) timer = window.setTimeout(step, STEP_MS);
  });
  document.addEventListener("htmx:responseError", stop);
  document.addEventListener("htmx:sendError", stop);

  function motion() {
    play.hidden = still.matches;
    if (still.matches) stop();
  }
  still.addEventListener("change", motion);
  motion();
})();
