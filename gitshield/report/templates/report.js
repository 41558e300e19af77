"use strict";
// Filters, and printing what is folded. The page is whole without it.
(() => {
  const form = document.getElementById("filters");
  const findings = [...document.querySelectorAll(".finding")];
  if (form) {
    const fields = form.elements;
    const severities = [...form.querySelectorAll("[name=severity]")];
    const paths = new Map();
    const pathsOf = (finding) => {
      if (!paths.has(finding)) {
        paths.set(finding, [...finding.querySelectorAll(".path")].map((one) => one.textContent).join("\n").toLowerCase());
      }
      return paths.get(finding);
    };
    const show = () => {
      const wanted = new Set(severities.filter((one) => one.checked).map((one) => one.value));
      const rule = fields.rule.value, family = fields.family.value, spread = fields.spread ? fields.spread.value : "";
      const path = fields.path.value.toLowerCase();
      let shown = 0;
      for (const finding of findings) {
        const has = finding.dataset;
        const fits = wanted.has(has.severity) && (!rule || has.rule === rule) && (!family || has.family === family)
          && (!spread || has.spread.split(" ").includes(spread)) && (!path || pathsOf(finding).includes(path));
        finding.hidden = !fits;
        shown += fits;
      }
      fields.shown.value = shown === findings.length ? `${shown} shown` : `${shown} of ${findings.length} shown`;
    };
    form.hidden = false;
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    show();
  }
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details:not([open])")].filter((one) => !one.hidden).slice(0, 1000);
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
    opened = [];
  });
})();
