"use strict";
// What the browser shows of a <title>, at once and for the keyboard too.
(() => {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  let shown = null;

  const hide = () => {
    shown?.classList.remove("told-now");
    shown = null;
    tip.hidden = true;
  };

  const show = (mark, x) => {
    if (shown !== mark) {
      hide();
      shown = mark;
      mark.classList.add("told-now");
      tip.textContent = mark.getAttribute("aria-label");
      tip.hidden = false;
    }
    const place = mark.getBoundingClientRect();
    const middle = x ?? place.left + place.width / 2;
    const most = document.documentElement.clientWidth - tip.offsetWidth - 8;
    const above = place.top - tip.offsetHeight - 8;
    tip.style.left = `${Math.max(8, Math.min(middle - tip.offsetWidth / 2, most))}px`;
    tip.style.top = `${above > 8 ? above : place.bottom + 8}px`;
  };

  // A poll is often thinner than a pointer can point at.
  const near = (x, y) => {
    const at = [0, 1, -1, 2, -2, 3, -3].map((step) =>
      document.elementFromPoint(x + step, y)?.closest(".mark"));
    return at.find((mark) => mark?.classList.contains("held")) ?? at[0];
  };

  const middle = (mark) => {
    const place = mark.getBoundingClientRect();
    return place.left + place.width / 2;
  };

  // The mark that a key leads to.
  const next = (rows, mark, key) => {
    const row = rows.findIndex((marks) => marks.includes(mark));
    const place = rows[row].indexOf(mark);
    const beside = (marks) => marks?.reduce((best, other) =>
      Math.abs(middle(other) - middle(mark)) < Math.abs(middle(best) - middle(mark)) ? other : best);
    switch (key) {
      case "ArrowRight": return rows[row][place + 1];
      case "ArrowLeft": return rows[row][place - 1];
      case "ArrowDown": return beside(rows[row + 1]);
      case "ArrowUp": return beside(rows[row - 1]);
      case "Home": return rows[row][0];
      case "End": return rows[row].at(-1);
    }
  };

  const prepare = (picture) => {
    const lanes = [...picture.querySelectorAll(":scope > g")];
    const rows = lanes.map((lane) => [...lane.querySelectorAll(".mark")]).filter((row) => row.length);
    for (const mark of rows.flat()) {
      const title = mark.querySelector("title");
      mark.setAttribute("aria-label", title.textContent);
      mark.setAttribute("role", "img");
      mark.setAttribute("tabindex", "-1");
      title.remove();
    }
    if (!rows.length) return;
    picture.setAttribute("role", "group");
    let current = rows[0][0];
    current.setAttribute("tabindex", "0");

    // A picture that listens for the focus itself would be one stop more.
    const figure = picture.closest("figure");
    figure.addEventListener("focusin", (event) => {
      const mark = event.target.closest(".mark");
      if (!mark) return;
      current.setAttribute("tabindex", "-1");
      current = mark;
      current.setAttribute("tabindex", "0");
      show(mark);
    });
    figure.addEventListener("focusout", hide);
    picture.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const mark = next(rows, current, event.key);
      if (event.key.startsWith("Arrow") || mark) event.preventDefault();
      mark?.focus();
    });
    const point = (event) => {
      const mark = near(event.clientX, event.clientY);
      if (mark) show(mark, event.clientX);
      else hide();
    };
    picture.addEventListener("pointermove", point);
    picture.addEventListener("pointerdown", point);
    picture.addEventListener("pointerleave", hide);
  };

  document.querySelectorAll("svg.lanes").forEach(prepare);
  document.querySelectorAll(".keys").forEach((hint) => { hint.hidden = false; });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  document.addEventListener("scroll", () => {
    if (shown && shown === document.activeElement) show(shown);
    else hide();
  }, { passive: true });
})();
