"use strict";
// Filters the questions. The state lives in the address after "#", so that a view can be sent to someone:
// outcome=wrong&outcome=citation_off&type=number&text=banjir, or case=<id> for one question.
{
  const section = document.getElementById("questions");
  const buttons = [...section.querySelectorAll("button[data-group]")];
  const input = section.querySelector("input");
  const status = section.querySelector("[role=status]");
  const none = section.querySelector(".none");
  const cases = [...section.querySelectorAll(".case")].map((element) => ({
    element,
    id: element.dataset.id,
    outcome: new Set(JSON.parse(element.dataset.outcome)),
    type: new Set([element.dataset.type]),
  }));
  const chosen = { outcome: new Set(), type: new Set() };
  let words = [];

  const fold = (text) => text.normalize("NFKC").toLowerCase();

  // Everything that comes from the data says its language; the page's own labels do not.
  function textOf(item) {
    item.text ??= fold(item.id + " " + [...item.element.querySelectorAll("[lang]")].map((e) => e.textContent).join(" "));
    return item.text;
  }

  const inGroup = (item, group) =>
    chosen[group].size === 0 || [...chosen[group]].some((value) => item[group].has(value));

  function apply() {
    const counts = new Map(buttons.map((button) => [button, 0]));
    let shown = 0;
    for (const item of cases) {
      const text = words.every((word) => textOf(item).includes(word));
      const fits = { outcome: inGroup(item, "outcome"), type: inGroup(item, "type") };
      item.element.hidden = !(text && fits.outcome && fits.type);
      shown += !item.element.hidden;
      for (const button of buttons) {
        // A button counts what it would show beside the choices of the other group.
        const { group, value } = button.dataset;
        const other = group === "outcome" ? fits.type : fits.outcome;
        if (text && other && item[group].has(value)) counts.set(button, counts.get(button) + 1);
      }
    }
    for (const [button, count] of counts) {
      button.setAttribute("aria-pressed", String(chosen[button.dataset.group].has(button.dataset.value)));
      button.querySelector("span").textContent = count;
    }
    status.textContent = `${shown} of ${cases.length} questions`;
    none.hidden = shown > 0;
  }

  function write() {
    const state = new URLSearchParams();
    for (const group of ["outcome", "type"]) for (const value of chosen[group]) state.append(group, value);
    if (input.value.trim()) state.set("text", input.value.trim());
    history.replaceState(null, "", "#" + (String(state) || "questions"));
  }

  function read() {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const group of ["outcome", "type"]) {
      const known = buttons.filter((button) => button.dataset.group === group).map((button) => button.dataset.value);
      chosen[group] = new Set(state.getAll(group).filter((value) => known.includes(value)));
    }
    input.value = state.get("text") ?? "";
    words = fold(input.value).split(/\s+/).filter(Boolean);
    apply();
    const one = state.has("case") && cases.find((item) => item.id === state.get("case"));
    if (one) one.element.open = true;
    if (location.hash.includes("=")) (one ? one.element : section).scrollIntoView();
  }

  section.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.group) {
      const values = chosen[button.dataset.group];
      if (!values.delete(button.dataset.value)) values.add(button.dataset.value);
    } else {
      chosen.outcome.clear();
      chosen.type.clear();
      input.value = "";
      words = [];
    }
    apply();
    write();
  });
  input.addEventListener("input", () => {
    words = fold(input.value).split(/\s+/).filter(Boolean);
    apply();
    write();
  });
  addEventListener("hashchange", () => location.hash === "#questions" || read());

  section.querySelector(".filter").hidden = false;
  read();
}
