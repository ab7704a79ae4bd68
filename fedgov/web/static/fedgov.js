/* Small comforts. Every page works without this file. */
(() => {
  "use strict";

  const MARKS = { bold: ["**", "**"], italic: ["*", "*"], link: ["[", "](https://)"], quote: ["> ", ""], list: ["- ", ""] };

  function mark(area, kind) {
    const [before, after] = MARKS[kind];
    const { selectionStart: start, selectionEnd: end, value } = area;
    const chosen = value.slice(start, end);
    const text = kind === "quote" || kind === "list"
      ? (start > 0 && value[start - 1] !== "\n" ? "\n" : "") + chosen.split("\n").map((line) => before + line).join("\n")
      : before + chosen + after;
    area.setRangeText(text, start, end, "end");
    if (!chosen && after) area.setSelectionRange(start + before.length, start + before.length);
    area.focus();
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function grow(area) {
    if (CSS.supports("field-sizing", "content")) return;
    area.style.blockSize = "auto";
    area.style.blockSize = `${Math.min(area.scrollHeight + 2, window.innerHeight * 0.6)}px`;
  }

  /* One empty row for a file; the next appears when it is used. */
  function rows(form) {
    const all = [...form.querySelectorAll("[data-file-row]")];
    let empty = 0;
    for (const row of all) {
      const used = row.querySelector("input[type=file]").files.length > 0;
      row.hidden = !used && empty > 0;
      if (!used) empty += 1;
    }
  }

  function prepare(root) {
    for (const bar of root.querySelectorAll("[data-toolbar]")) bar.hidden = false;
    for (const form of root.querySelectorAll("form.composer")) rows(form);
    for (const area of root.querySelectorAll("[data-grow]")) grow(area);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-mark]");
    if (button) mark(document.getElementById(button.closest("[data-toolbar]").dataset.toolbar), button.dataset.mark);
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details.menu[open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("form.composer textarea")) {
      event.target.form.requestSubmit(event.target.form.querySelector("[name=action][value=publish]"));
    }
  });

  document.addEventListener("input", (event) => { if (event.target.matches("[data-grow]")) grow(event.target); });
  document.addEventListener("change", (event) => { if (event.target.matches("[data-file-row] input[type=file]")) rows(event.target.form); });

  /* A second click while the first is on its way must not post twice. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.dataset.sent) { if (form.dataset.sent) event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 4000);
  });

  document.addEventListener("htmx:load", (event) => prepare(event.target));
  prepare(document);
  document.querySelector("[data-focus]")?.focus();

  /* Whoever chose "Reply" wants to type. */
  function answer() {
    const area = location.hash === "#reply" && document.querySelector("#reply textarea");
    if (!area) return;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }
  window.addEventListener("hashchange", answer);
  /* Later than the browser itself, which goes to the fragment first and takes the focus away. */
  window.addEventListener("load", () => setTimeout(answer));
})();
