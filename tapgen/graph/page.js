"use strict";
{
const details = JSON.parse(document.getElementById("details").textContent);
const {subjects, resources, overview} = details;
const panel = document.getElementById("panel");
const search = document.getElementById("search");
const pictures = document.getElementById("pictures");
let shown = 0;

/** An element with a class, and texts or elements in it; nothing is ever read as HTML. */
function element(name, kind, ...content) {
  const made = document.createElement(name);
  if (kind) made.className = kind;
  made.append(...content.filter((each) => each !== undefined && each !== ""));
  return made;
}

const sheets = [...document.querySelectorAll(".sheet")];
const tabs = [...document.querySelectorAll("[role=tab]")];
const drawn = (place) => [...sheets[place].querySelectorAll("[data-id]")];

function show(place) {
  shown = place;
  sheets.forEach((sheet, each) => sheet.classList.toggle("shown", each === place));
  tabs.forEach((tab, each) => tab.setAttribute("aria-selected", String(each === place)));
}

function row(title, note, act, kind = "") {
  const made = element("button", `row ${kind}`, title, element("small", "", note));
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

const rowOf = (name) => {
  const each = subjects[name];
  return row(each.title, [each.label, each.mark].filter(Boolean).join(" · "), () => select(name), each.level);
};

function section(title, rows) {
  return rows.length ? [element("h3", "", title), ...rows] : [];
}

const ownerOf = (address) => Object.keys(subjects).find((name) => subjects[name].members.includes(address));

function showOverview() {
  focusOn(null);
  const title = tabs[shown]?.textContent ?? "";
  const order = ["danger", "replaced", "removed", "changed", "added"];
  const names = Object.keys(subjects).filter((name) => subjects[name].picture === shown);
  const marked = names.filter((name) => subjects[name].level)
    .sort((one, other) => order.indexOf(subjects[one].level) - order.indexOf(subjects[other].level));
  const here = (address) => address.startsWith(`${title}/`) || address.startsWith(`${title}.`);
  const dangers = overview.dangers.filter((each) => here(each.address)).map((each) =>
    row(each.address, `${each.kind}: ${each.text}`, () => reveal(each.address), "danger"));
  const access = overview.access.filter((each) => here(each.who) || here(each.where ?? "")).map((each) =>
    row(`${each.kind}: ${each.who}`, [each.what, each.where].filter(Boolean).join(" on "), () => reveal(each.who)));
  const causes = overview.causes.map(([text, addresses]) =>
    row(text, addresses.join(", ") || "changes nothing", () => reveal(addresses.find(ownerOf))));
  const lines = (title, said) => section(`${title}, of all platforms`, said.map((line) => element("p", "line", line)));
  panel.replaceChildren(
    element("h2", "", title),
    ...(overview.nothing ? [element("p", "", "Nothing changes.")] : []),
    element("p", "kind", "Click a part to see what it is made of, why, and where it is written."),
    ...section("Danger", dangers),
    ...section("What changes", marked.map(rowOf)),
    ...section("Causes", causes),
    ...overview.notes.flatMap(([title, said]) => lines(title, said)),
    ...section("Access", access),
    ...lines("Order", overview.order),
    ...(marked.length ? [] : section("Parts", names.map(rowOf))),
  );
}

function reveal(address) {
  const name = ownerOf(address);
  if (name) select(name, address);
}

function select(name, address) {
  const subject = subjects[name];
  if (!subject) return;
  show(subject.picture);
  focusOn(name);
  const badge = subject.level ? element("span", `badge ${subject.level}`, subject.mark) : "";
  const members = [...subject.members].sort((one, other) => weight(other) - weight(one));
  const linked = (ids) => ids.map(rowOf);
  panel.replaceChildren(
    element("h2", "", subject.title, badge),
    element("p", "kind", subject.label),
    ...section("Resources", members.map((each) => facts(each, each === (address ?? members[0])))),
    ...section("Uses", linked(subject.uses)),
    ...section("Used by", linked(subject.usedBy)),
  );
  panel.scrollTop = 0;
  history.replaceState(null, "", `#${encodeURIComponent(name)}`);
}

const weight = (address) => {
  const each = resources[address];
  return (each.dangers ? 4 : 0) + (each.effect ? 2 : 0);
};

function facts(address, open) {
  const each = resources[address];
  const made = element("details", "",
    element("summary", "", element("b", "", address.split(".").pop()),
      element("small", "", [each.type, each.effect?.replaceAll("_", " ")].filter(Boolean).join(" · "))));
  made.open = open || Boolean(each.dangers);
  const why = [...(each.why ?? []), ...(each.must ?? []).map((text) => `Must: ${text}`), ...(each.mutable ?? []).map((text) => `Mutable: ${text}`)];
  made.append(element("div", "facts",
    element("div", "place", `${each.file}:${each.line}`),
    ...(each.dangers ?? []).map((danger) => element("div", "warning", `${danger.kind}: ${danger.text}`)),
    ...(each.causes ?? []).map((text) => element("div", "cause", text)),
    ...why.map((text) => element("div", "why", text)),
    ...(each.was ? [element("p", "via", `Was called ${each.was}`)] : []),
    ...(each.via ? [element("p", "via", `Because ${each.because} changes: ${each.via.join(" → ")}`)] : []),
    ...(each.differences ?? []).map(difference)));
  return made;
}

function difference(each) {
  return element("div", "diff", element("div", "path", each.path),
    ...("before" in each ? [element("div", "before", each.before)] : []),
    ...("after" in each ? [element("div", "after", each.after)] : []));
}

/** Dim all but some parts and what flows between them; nothing is dimmed for null. */
function dim(place, ids, touches) {
  sheets.forEach((sheet) => sheet.querySelector("svg").classList.remove("focused"));
  if (!ids) return;
  const svg = sheets[place].querySelector("svg");
  svg.classList.add("focused");
  drawn(place).forEach((each) => each.classList.toggle("near", ids.has(each.dataset.id)));
  svg.querySelectorAll("[data-from]").forEach((each) => each.classList.toggle("near", touches(each.dataset)));
}

function focusOn(name) {
  document.querySelectorAll(".selected").forEach((each) => each.classList.remove("selected"));
  if (!name) return dim(shown, null);
  const place = subjects[name].picture;
  const inside = new Set([name]);
  drawn(place).forEach((each) => {
    if (subjects[name].members.includes(each.dataset.id)) inside.add(each.dataset.id);
    if (each.dataset.id === name) {
      each.classList.add("selected");
      if (!each.classList.contains("box")) each.scrollIntoView({block: "nearest", inline: "nearest"});
    }
  });
  const near = new Set(inside);
  [...subjects[name].uses, ...subjects[name].usedBy].forEach((each) => near.add(each));
  sheets[place].querySelectorAll("[data-from]").forEach(({dataset}) => {
    if (inside.has(dataset.from)) near.add(dataset.to);
    if (inside.has(dataset.to)) near.add(dataset.from);
  });
  const isPart = drawn(place).some((each) => each.dataset.id === name && !each.classList.contains("box"));
  if (isPart || inside.size > 1) dim(place, near, ({from, to}) => inside.has(from) || inside.has(to));
  else dim(place, null);
}

function find() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return showOverview();
  const text = (name) => {
    const each = subjects[name];
    const said = each.members.map((member) => [member, resources[member].type, ...(resources[member].why ?? [])]);
    return [each.title, each.label, name, ...said.flat()].join(" ").toLowerCase();
  };
  const found = Object.keys(subjects).filter((name) => words.every((word) => text(name).includes(word)));
  const here = new Set(found.filter((name) => subjects[name].picture === shown));
  dim(shown, here, ({from, to}) => here.has(from) && here.has(to));
  panel.replaceChildren(
    element("h2", "", `${found.length} found`),
    ...section("Parts", found.map(rowOf)),
  );
}

sheets.forEach((sheet, place) => drawn(place).forEach((each) => {
  const name = each.dataset.id;
  if (!subjects[name]) return;
  each.setAttribute("tabindex", "0");
  each.setAttribute("role", "button");
  each.setAttribute("aria-label", `${subjects[name].title}, ${subjects[name].label}`);
  each.addEventListener("click", (event) => { event.stopPropagation(); select(name); });
  each.addEventListener("keydown", (event) => { if (event.key === "Enter") select(name); });
}));
pictures.addEventListener("click", () => { history.replaceState(null, "", "#"); showOverview(); });
tabs.forEach((tab, place) => tab.addEventListener("click", () => { show(place); showOverview(); }));
search.addEventListener("input", find);
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter") panel.querySelector(".row")?.click();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  if (event.key === "Escape") { search.value = ""; search.blur(); showOverview(); }
});

/** Show the pictures so much larger than they are now, or as large as there is room for. */
function zoom(factor) {
  sheets.forEach((sheet) => {
    const svg = sheet.querySelector("svg");
    const now = svg.getBoundingClientRect().width || parseFloat(svg.style.width) || svg.viewBox.baseVal.width;
    svg.style.width = factor ? `${now * factor}px` : "";
  });
  pictures.classList.toggle("fit", !factor);
}
for (const [name, factor] of [["fit", 0], ["larger", 1.25], ["smaller", 0.8]]) {
  document.getElementById(name).addEventListener("click", () => zoom(factor));
}
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
zoom(0);
if (tabs.length < 2) tabs.forEach((tab) => { tab.parentElement.hidden = true; });
if (sheets.length) show(0);
const wanted = decodeURIComponent(location.hash.slice(1));
if (subjects[wanted]) select(wanted); else showOverview();
}
