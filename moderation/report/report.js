"use strict";
// Filters, sorts and pages what stands in the page. It reads elements, hides and moves them, and sets text: nothing that
// comes from data ever becomes markup, an address or a piece of script. What is set stands in the fragment of the
// address (#label=gambling&sort=host), so that a view can be kept and sent to others. Without it all is shown. What it says
// itself stands in the page, in the page's language; what it compares are codes and the texts of the data.
(() => {
  const SIZE = 25;
  const SEVERITY = ["reject", "review", "clean", "allow"];
  const CHOICES = ["text", "host", "label", "place", "action"];
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const folded = (text) => text.normalize("NFKC").toLowerCase();
  // Words that the page has for us. The forms of a plural are known by the kind of number that they are for.
  const LANGUAGE = document.documentElement.lang;
  const WORDS = JSON.parse(one("main").dataset.words);
  const plural = new Intl.PluralRules(LANGUAGE);
  const count = (number) => number.toLocaleString(LANGUAGE);
  const say = (name, values = {}) => {
    const text = WORDS[name].other ? (WORDS[name][plural.select(values.count)] ?? WORDS[name].other) : WORDS[name];
    const said = (value) => (typeof value === "number" ? count(value) : value);
    return text.replace(/\{(\w+)\}/g, (place, value) => said(values[value]));
  };
  const names = (node, kind) => all(`:scope > summary .${kind}`, node).map((each) => each.dataset.name);
  // A host's name as it is asked for; where there is none, its code in front of what the page calls it.
  const known = (node) => folded([node.dataset.code ?? "", node.textContent].join(" ").trim());
  const element = (name, text, into) => {
    const made = document.createElement(name);
    made.textContent = text;
    into.append(made);
    return made;
  };

  // ------------------------------------------------------------------------------------------------------------ what is there

  const aPage = (node, host) => {
    const findings = all(".finding", node);
    const codes = findings.flatMap((each) => [each.dataset.label, each.dataset.place]);
    return {
      node,
      host,
      found: findings.map((each) => ({ label: each.dataset.label, place: each.dataset.place })),
      action: node.dataset.action,
      text: folded(
        [host.name, node.dataset.action, node.dataset.date, ...codes]
          .concat(all(".where b, .text", node).map((each) => each.textContent))
          .join("\n"),
      ),
      first: findings.map((each) => one("mark", each)?.closest("details").lastElementChild.textContent ?? "")[0] ?? "",
      score: Number(node.dataset.score),
      date: node.dataset.date,
    };
  };
  const aHost = (node) => {
    const host = {
      node,
      name: known(one(".name", node)),
      box: one(".pages", node),
      labels: names(node, "label"),
      places: names(node, "place"),
      actions: names(node, "action"),
      many: Number(node.dataset.pages),
      share: Number(node.dataset.share),
      score: Number(node.dataset.score),
      date: node.dataset.date,
      unseen: Number(node.dataset.unseen) > 0,
      room: SIZE,
      pages: [],
    };
    host.pages = all(".page", node).map((each) => aPage(each, host));
    return host;
  };
  const aCampaign = (node) => ({
    node,
    labels: names(node, "label"),
    places: names(node, "place"),
    actions: names(node, "action"),
    hosts: all(".at", node).map(known),
    text: folded(all("details, .at", node).map((each) => each.textContent).join("\n")),
  });

  const hosts = all("#hosts > .host").map(aHost);
  const pages = hosts.flatMap((host) => host.pages);
  const campaigns = all("#campaigns > .campaign").map(aCampaign);

  // ------------------------------------------------------------------------------------------------------------------- pagers

  // Which SIZE of the nodes of a list are shown, and the buttons for it; `turned` is called when somebody used them.
  const pager = (list, turned = () => {}) => {
    const bar = document.createElement("nav");
    bar.className = "pager";
    const [back, where, on] = [
      element("button", say("previous"), bar),
      element("span", "", bar),
      element("button", say("next"), bar),
    ];
    const block = list.closest("table") ?? list;
    block.after(bar);
    const made = {
      at: 0,
      nodes: [],
      show(nodes, at = 0) {
        const last = Math.max(0, Math.ceil(nodes.length / SIZE) - 1);
        made.nodes = nodes;
        made.at = Math.min(Math.max(0, Math.floor(at) || 0), last);
        const here = new Set(nodes.slice(made.at * SIZE, (made.at + 1) * SIZE));
        for (const node of list.children) node.hidden = !here.has(node);
        bar.hidden = nodes.length <= SIZE;
        const first = made.at * SIZE + 1;
        where.textContent = say("stretch", { first, last: first + here.size - 1, count: nodes.length });
        back.disabled = made.at === 0;
        on.disabled = made.at === last;
      },
      hide() {
        bar.hidden = true;
      },
    };
    const turn = (step) => {
      made.show(made.nodes, made.at + step);
      turned();
      if (block.getBoundingClientRect().top < 0) block.scrollIntoView();
    };
    for (const [button, step] of [[back, -1], [on, 1]]) {
      button.type = "button";
      button.addEventListener("click", () => turn(step));
    }
    return made;
  };

  for (const body of all(".paged")) pager(body).show([...body.children]);

  const bar = one("#filter");
  if (!bar) return;
  const [hostList, pageList, campaignList] = ["#hosts", "#pages", "#campaigns"].map((id) => one(id));
  const hostPager = pager(hostList, () => remember());
  const pagePager = pager(pageList, () => remember());
  const campaignPager = campaignList && pager(campaignList, () => remember());

  // ------------------------------------------------------------------------------------------------------- what is asked for

  const fields = Object.fromEntries([...CHOICES, "sort", "reverse"].map((name) => [name, one(`[name=${name}]`, bar)]));
  const views = all("[name=view]", bar);
  const view = () => views.find((each) => each.checked).value;

  // Sets the fields from the fragment, which anybody may have written: what is no choice of theirs changes nothing.
  const read = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const name of CHOICES) {
      fields[name].value = asked.get(name) ?? "";
      // A choice that there is not.
      if (fields[name].selectedIndex === -1) fields[name].value = "";
    }
    const sort = asked.get("sort") ?? "";
    fields.sort.value = sort.replace(/^-/, "");
    if (fields.sort.selectedIndex === -1) fields.sort.selectedIndex = 0;
    fields.reverse.checked = sort.startsWith("-");
    for (const each of views) each.checked = each.value === (asked.get("view") === "pages" ? "pages" : "hosts");
    return { at: Number(asked.get("at")) - 1, campaigns: Number(asked.get("campaigns")) - 1 };
  };
  const remember = () => {
    const asked = new URLSearchParams();
    if (view() === "pages") asked.set("view", "pages");
    for (const name of CHOICES) if (fields[name].value) asked.set(name, fields[name].value);
    const sort = (fields.reverse.checked ? "-" : "") + fields.sort.value;
    if (sort !== "pages") asked.set("sort", sort);
    const at = (view() === "pages" ? pagePager : hostPager).at;
    if (at) asked.set("at", at + 1);
    if (campaignPager?.at) asked.set("campaigns", campaignPager.at + 1);
    history.replaceState(null, "", `#${asked}`);
  };

  // ----------------------------------------------------------------------------------------------------------- what is shown

  const severity = (action) => SEVERITY.indexOf(action);
  // Of each order: which way it goes, and by what of a host, and of a page.
  const ORDERS = {
    pages: [-1, (host) => host.many, (page) => page.host.many],
    share: [-1, (host) => host.share, (page) => page.host.share],
    score: [-1, (host) => host.score, (page) => page.score],
    date: [-1, (host) => host.date, (page) => page.date],
    host: [1, (host) => host.name, (page) => page.host.name],
    label: [1, (host) => host.labels[0] ?? "", (page) => page.found[0]?.label ?? ""],
    place: [1, (host) => host.places[0] ?? "", (page) => page.found[0]?.place ?? ""],
    action: [1, (host) => Math.min(...host.actions.map(severity)), (page) => severity(page.action)],
    text: [1, (host) => host.pages[0]?.first ?? "", (page) => page.first],
  };
  const ordered = (items, of) => {
    const [way, ...keys] = ORDERS[fields.sort.value];
    const sign = fields.reverse.checked ? -way : way;
    const key = keys[of];
    const keyed = items.map((item) => [key(item), item]);
    keyed.sort(([one], [other]) => (one < other ? -sign : one > other ? sign : 0));
    return keyed.map(([, item]) => item);
  };

  const matches = (page, want) =>
    (!want.action || page.action === want.action) &&
    (!want.host || page.host.name.includes(want.host)) &&
    (!want.text || page.text.includes(want.text)) &&
    ((!want.label && !want.place) ||
      page.found.some((each) => (!want.label || each.label === want.label) && (!want.place || each.place === want.place)));
  const counts = (item, want) =>
    (!want.label || item.labels.includes(want.label)) &&
    (!want.place || item.places.includes(want.place)) &&
    (!want.action || item.actions.includes(want.action));
  // A host of which pages are not in this file stays where its counts say that they may be what is asked for.
  const stays = (host, want) =>
    host.matched.length > 0 ||
    (host.unseen && host.name.includes(want.host) && host.name.includes(want.text) && counts(host, want));
  const campaignMatches = (campaign, want) =>
    counts(campaign, want) &&
    campaign.text.includes(want.text) &&
    (!want.host || campaign.hosts.some((each) => each.includes(want.host)));

  const unfold = (host) => {
    const here = new Set(host.matched.slice(0, host.room));
    for (const page of host.pages) page.node.hidden = !here.has(page);
    host.more.hidden = host.matched.length <= host.room;
    host.more.textContent = say("more", { count: host.matched.length });
  };
  for (const host of hosts) {
    host.hits = element("span", "", one(".n", host.node));
    host.hits.className = "hits";
    host.more = element("button", "", host.node);
    host.more.type = "button";
    host.box.after(host.more);
    host.more.addEventListener("click", () => {
      host.room += SIZE;
      unfold(host);
    });
  }

  const show = (at = 0, campaignsAt = 0) => {
    const want = Object.fromEntries(CHOICES.map((name) => [name, fields[name].value]));
    want.text = folded(want.text.trim());
    want.host = folded(want.host.trim());
    const isFiltered = CHOICES.some((name) => want[name]);
    const matched = new Set(pages.filter((page) => matches(page, want)));
    for (const host of hosts) {
      host.matched = host.pages.filter((page) => matched.has(page));
      host.room = SIZE;
      host.hits.textContent = isFiltered ? say("hits", { count: host.matched.length }) : "";
    }
    const left = hosts.filter((host) => stays(host, want));
    const byPage = view() === "pages";
    if (byPage) {
      pageList.append(...ordered(pages, 1).map((page) => page.node));
      pagePager.show(ordered([...matched], 1).map((page) => page.node), at);
      hostPager.hide();
    } else {
      for (const host of hosts) {
        host.box.append(...host.pages.map((page) => page.node));
        unfold(host);
      }
      hostList.append(...ordered(hosts, 0).map((host) => host.node));
      hostPager.show(ordered(left, 0).map((host) => host.node), at);
      pagePager.hide();
    }
    hostList.hidden = byPage;
    pageList.hidden = !byPage;
    one("#columns").hidden = byPage;
    for (const each of all("#columns button")) {
      each.className = each.value !== fields.sort.value ? "" : fields.reverse.checked ? "reversed" : "sorted";
    }
    const some = (part, of, name, filtered) => say(isFiltered ? filtered : name, { part, count: of });
    one("#said").textContent = say((byPage ? "byPage" : "byHost") + (isFiltered ? "Filtered" : ""), {
      hosts: some(left.length, hosts.length, "hosts", "someHosts"),
      pages: some(matched.size, pages.length, "pages", "somePages"),
    });
    if (campaignPager) {
      const found = campaigns.filter((each) => campaignMatches(each, want));
      campaignPager.show(found.map((each) => each.node), campaignsAt);
      const note = one("#campaigns-said");
      note.textContent = say("campaigns", { part: found.length, count: campaigns.length });
      note.hidden = !isFiltered;
    }
  };

  // Opens what a link inside of the page leads to, #h3 or #c3, wherever it is.
  const reveal = (id) => {
    const node = document.getElementById(id);
    if (!node) return;
    const [own, items] = id.startsWith("h") ? [hostPager, ordered(hosts, 0)] : [campaignPager, campaigns];
    own.show(own.nodes, items.findIndex((each) => each.node === node) / SIZE);
    node.open = true;
    node.scrollIntoView();
  };
  const follow = () => {
    const { at, campaigns: campaignsAt } = read();
    show(at, campaignsAt);
    if (/^#[hc]\d+$/.test(location.hash)) reveal(location.hash.slice(1));
  };

  // ------------------------------------------------------------------------------------------------------------------ people

  const changed = () => {
    show();
    remember();
  };
  for (const each of [...Object.values(fields), ...views]) each.addEventListener("input", changed);
  one("#clear").addEventListener("click", () => {
    for (const name of CHOICES) fields[name].value = "";
    changed();
  });
  for (const column of all("#columns > span")) {
    const button = element("button", column.textContent, column);
    column.firstChild.remove();
    button.type = "button";
    button.value = column.dataset.sort;
    button.addEventListener("click", () => {
      fields.reverse.checked = fields.sort.value === button.value && !fields.reverse.checked;
      fields.sort.value = button.value;
      changed();
    });
  }
  for (const host of hosts) {
    const name = one(".name", host.node);
    element("option", name.textContent, one("#names")).value = name.dataset.code ?? name.textContent;
  }
  addEventListener("hashchange", follow);
  bar.hidden = false;
  follow();
})();
