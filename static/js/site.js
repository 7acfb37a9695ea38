// Small helpers around htmx and focus. Everything works without this file; it makes it quicker and better announced.
(function () {
  "use strict";

  const announcer = document.getElementById("announcer");

  /** Tell screen readers, also when the text is the same as before. */
  function announce(text) {
    if (!announcer || !text) return;
    announcer.textContent = "";
    window.setTimeout(function () { announcer.textContent = text; }, 50);
  }

  /** After a redirect or a refused form: the message first. */
  function focusOnLoad(root) {
    const target = root.querySelector("[data-focus-on-load]");
    if (target) target.focus({ preventScroll: false });
  }

  document.addEventListener("htmx:configRequest", function (event) {
    event.detail.headers["X-CSRFToken"] = document.body.dataset.csrf || "";
  });

  // A list's filters: leave empty fields out of the address, so that it can be read and shared.
  document.addEventListener("htmx:configRequest", function (event) {
    if (!event.detail.elt.matches("[data-clean-query]")) return;
    const parameters = event.detail.formData || event.detail.parameters;
    if (parameters instanceof FormData) {
      for (const [key, value] of Array.from(parameters.entries())) {
        if (value === "") parameters.delete(key);
      }
    }
  });

  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement)) return;
    if (form.matches("[data-clean-query]")) {
      for (const field of form.elements) {
        if (field.name && field.value === "") field.disabled = true;
      }
      window.setTimeout(function () {
        for (const field of form.elements) field.disabled = false;
      }, 0);
    }
    if (form.matches("[data-submit-once]")) {
      // A second click must not send a second time; the button says what is going on.
      const button = form.querySelector("button[type=submit]");
      if (button) window.setTimeout(function () { button.disabled = true; }, 0);
    }
  });

  document.addEventListener("htmx:afterSwap", function (event) {
    const target = event.detail.target;
    const said = document.querySelector("[data-announce]");
    if (said && (target.contains(said) || said.contains(target))) announce(said.dataset.announce);
  });

  // After a step to another page of a list, or the removal of a filter, the control that had the focus is gone.
  document.addEventListener("htmx:afterSettle", function (event) {
    const cause = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (!cause || document.contains(cause) || document.activeElement !== document.body) return;
    const heading = document.querySelector("[data-focus-after-swap]");
    if (heading) heading.focus({ preventScroll: false });
  });

  document.addEventListener("htmx:responseError", function (event) {
    const status = event.detail.xhr.status;
    announce(status === 403 ? "Your role does not allow this." : "The page could not be loaded. Try again.");
    showProblem(status);
  });
  document.addEventListener("htmx:sendError", function () {
    announce("No connection to the server. Nothing was changed.");
    showProblem(0);
  });

  function showProblem(status) {
    const main = document.getElementById("main");
    if (!main || document.getElementById("request-problem")) return;
    const box = document.createElement("div");
    box.id = "request-problem";
    box.className = "usa-alert usa-alert--error usa-alert--slim";
    const text = status === 0
      ? "No connection to the server. Nothing was changed. Try again in a moment."
      : status === 401 || status === 403
        ? "You are signed out or your role does not allow this. Reload the page."
        : "The page could not be loaded (" + status + "). Reload it; if that does not help, tell an administrator.";
    const body = document.createElement("div");
    body.className = "usa-alert__body";
    const line = document.createElement("p");
    line.className = "usa-alert__text";
    line.textContent = text;
    body.appendChild(line);
    box.appendChild(body);
    main.insertBefore(box, main.firstChild);
  }
  document.addEventListener("htmx:beforeRequest", function () {
    const box = document.getElementById("request-problem");
    if (box) box.remove();
  });

  // Buttons that only scripts can serve.
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
  });
  for (const node of document.querySelectorAll("[data-needs-js]")) node.hidden = false;

  // Escape closes an open menu of a list and gives the focus back to what opened it.
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    const open = document.activeElement && document.activeElement.closest("details[data-menu][open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", function (event) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  focusOnLoad(document);
})();
