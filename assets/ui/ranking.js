// The ranking: a list put in order by dragging, buttons or arrow keys. The first item is rank 1.
const list = () => element.querySelector("#rank-list");
const items = () => [...list().children];
const order = () => items().map((item) => Number(item.dataset.iteration));
const key = () => "thousand-prompts-order-" + element.querySelector("[data-key]").dataset.key;
// Rounds that drew the same are one item, and share its rank.
const rounds = (item) => JSON.parse(item.dataset.same);

function number() {
  let rank = 1;
  items().forEach((item, index, all) => {
    item.querySelector(".tp-rank").textContent = rank;
    rank += rounds(item).length;
    item.querySelector("[data-move='-1']").disabled = index === 0;
    item.querySelector("[data-move='1']").disabled = index === all.length - 1;
  });
}

// A drawing large beside the target.
function show(item) {
  if (item.classList.contains("tp-shown")) return;
  items().forEach((other) => other.classList.toggle("tp-shown", other === item));
  element.querySelector("#closer img").src = item.querySelector("img").src;
  element.querySelector("#closer figcaption").textContent = item.dataset.rounds;
}

// A reload must not undo what was ordered so far. Where nothing can be stored, the page itself remembers.
let kept = {};
function keep() {
  kept = { key: key(), order: order() };
  try {
    localStorage.setItem(kept.key, JSON.stringify(kept.order));
  } catch {
    // Denied or full.
  }
}

function remembered() {
  if (kept.key === key()) return kept.order;
  try {
    return JSON.parse(localStorage.getItem(key()));
  } catch {
    return null;
  }
}

function restore() {
  if (!list()) return;
  const byNumber = new Map(items().map((item) => [Number(item.dataset.iteration), item]));
  const found = remembered();
  if (Array.isArray(found) && found.length === byNumber.size && new Set(found).size === byNumber.size) {
    if (found.every((n) => byNumber.has(n))) found.forEach((n) => list().append(byNumber.get(n)));
  }
  number();
  show(items()[0]);
}

function place(item, index) {
  const others = items().filter((other) => other !== item);
  index = Math.max(0, Math.min(index, others.length));
  list().insertBefore(item, others[index] || null);
  number();
  keep();
  element.querySelector(".tp-live").textContent =
    item.dataset.rounds + ": now rank " + item.querySelector(".tp-rank").textContent + " of " + items().flatMap(rounds).length;
}

function answer(unchanged) {
  trigger("rank", {
    trial: Number(element.querySelector("[data-trial]").dataset.trial),
    order: items().flatMap(rounds),
    unchanged: unchanged,
  });
}

for (const kind of ["focusin", "click"])
  element.addEventListener(kind, (event) => {
    const item = event.target.closest("#rank-list > li");
    if (item) show(item);
  });

element.addEventListener("click", (event) => {
  const move = event.target.closest("[data-move]");
  if (move) {
    const item = move.closest("li");
    place(item, items().indexOf(item) + Number(move.dataset.move));
    (move.disabled ? item : move).focus();
  } else if (event.target.closest("#rank-submit")) {
    answer(false);
  } else if (event.target.closest("#rank-confirm")) {
    answer(true);
  }
});

element.addEventListener("keydown", (event) => {
  const item = event.target.closest("#rank-list > li");
  if (!item || event.target !== item) return;
  const at = items().indexOf(item);
  const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: items().length }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  place(item, to);
  item.focus();
});

// Dragging: a mouse takes an item anywhere, a finger by its handle, so that the page can still be scrolled.
element.addEventListener("pointerdown", (event) => {
  const item = event.target.closest("#rank-list > li");
  if (!item || event.button !== 0 || event.target.closest("button")) return;
  if (event.pointerType !== "mouse" && !event.target.closest(".tp-handle")) return;
  event.preventDefault();
  item.focus({ preventScroll: true });
  let startY = event.clientY;
  let pointerY = event.clientY;
  let frame = 0;

  // Where the item is without the shift that makes it follow the pointer.
  const settle = () => {
    item.style.transform = "";
    const box = item.getBoundingClientRect();
    const middle = box.top + box.height / 2 + pointerY - startY;
    const index = items()
      .filter((other) => other !== item)
      .filter((other) => {
        const there = other.getBoundingClientRect();
        return there.top + there.height / 2 < middle;
      }).length;
    if (index !== items().indexOf(item)) {
      place(item, index);
      startY += item.getBoundingClientRect().top - box.top;
    }
    item.style.transform = "translateY(" + (pointerY - startY) + "px)";
  };

  const scroll = () => {
    const edge = 70;
    // Where the target lies over the list, the list begins below it.
    const target = element.querySelector(".tp-ranking-target").getBoundingClientRect();
    const top = target.right > list().getBoundingClientRect().left ? target.bottom : edge;
    const by = pointerY < top ? -8 : pointerY > window.innerHeight - edge ? 8 : 0;
    const before = window.scrollY;
    if (by) window.scrollBy(0, by);
    startY -= window.scrollY - before;
    settle();
    frame = requestAnimationFrame(scroll);
  };

  const follow = (moved) => {
    pointerY = moved.clientY;
  };
  const drop = () => {
    cancelAnimationFrame(frame);
    document.removeEventListener("pointermove", follow);
    document.removeEventListener("pointerup", drop);
    document.removeEventListener("pointercancel", drop);
    item.style.transform = "";
    item.classList.remove("tp-dragged");
  };

  item.classList.add("tp-dragged");
  document.addEventListener("pointermove", follow);
  document.addEventListener("pointerup", drop);
  document.addEventListener("pointercancel", drop);
  frame = requestAnimationFrame(scroll);
});

watch("value", restore);
restore();
