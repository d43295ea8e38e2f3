// The page: keys, order and clips go in; a report for each clip comes out. All of its texts are set as text, never as
// markup.
"use strict";

(() => {
  const { say } = words, byId = (id) => document.getElementById(id);
  const MAX_TRUST = 1 << 20, MAX_STATEMENTS = 200, MAX_EVENTS = 1000;
  const make = (name, attributes = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...inside.flat(Infinity).filter((one) => one !== null && one !== false));
    return made;
  };
  const list = (className, texts) => make("ul", { class: className }, texts.map((text) => make("li", {}, text)));
  const part = (heading, ...inside) => make("section", {}, make("h2", {}, heading), ...inside);
  const more = (heading, ...inside) => make("details", { class: "more" }, make("summary", {}, heading), ...inside);

  // Clips in the order in which they came, each with its report once there is one.
  let clips = [], running = null, fileText = null;

  // ---- What is proven, what is not, what was not checked.

  const saidSo = (all) => {
    const proven = report.proven(all), unchecked = report.unchecked(all);
    return make("div", { class: "said-so" },
      part(say("proven"), list("list proofs", proven.length ? proven : [say("provenNothing")])),
      part(say("notProvenHead"), list("list soft", report.limits(all))),
      unchecked.length > 0 && part(say("uncheckedHead"), list("list soft", unchecked)));
  };

  // ---- The pictures and the time line.

  const stage = ({ file, report: all }) => {
    // What a revoked key signed is no proof.
    const isProven = all.parts && all.parts.fragments.length > 0 && all.signer !== "revoked";
    if (!isProven) return make("p", { class: "said" }, say("playNothing"));
    const hint = make("p", { class: "said" }, say("playHint")), span = timeline.runs(all.parts.fragments);
    let video = null;
    const { drawn, legend, show } = timeline.strip(all, (second) => { video.currentTime = second; });
    video = player.of(file, all.parts, show, () => { hint.textContent = say("cannotPlay"); });
    const from = report.seconds(span[0].from), to = report.seconds(span.at(-1).to);
    hint.append(" ", say("playFrom", from, to));
    return make("div", {}, video, drawn, legend, hint);
  };

  const events = ({ parts }) => {
    if (!parts || parts.events.length === 0) return null;
    const rows = parts.events.slice(0, MAX_EVENTS).map((event) =>
      [make("time", {}, `${report.seconds(event.second)} s`), make("span", {}, report.event(event))]);
    const rest = parts.events.length > MAX_EVENTS && make("p", { class: "said" }, say("eventsSome", MAX_EVENTS));
    return more(say("eventsHead", parts.events.length), make("div", { class: "events" }, rows), rest);
  };

  // The texts of the statements, read when somebody wants to see them.
  const statements = ({ file, report: all }) => {
    if (all.pictures !== "intact") return null;
    const box = more(say("statementsHead"));
    box.addEventListener("toggle", async () => {
      const source = new layout.Layout(file), texts = [];
      let at = all.parts.init.to, count = 0;
      for (let unit; (unit = await source.next(at)) && unit !== "cut"; at = unit.end) {
        if (count++ >= MAX_STATEMENTS && unit.kind === "link") continue;
        const text = new TextDecoder().decode(unit.kind === "proof" ? unit.note.subarray(4) : unit.note);
        texts.push(make("pre", {}, unit.kind === "proof" ? text.slice(0, text.indexOf("\n\n") + 1) : text));
      }
      const rest = count - texts.length;
      box.append(...texts, rest > 0 ? make("p", { class: "said" }, say("statementsMore", rest)) : "");
    }, { once: true });
    return box;
  };

  // ---- One clip.

  const table = (rows) => make("table", {}, make("tbody", {}, rows.map(([label, lines]) =>
    make("tr", {}, make("th", { scope: "row" }, label), make("td", {}, lines.map((line) => make("p", {}, line)))))));
  const facts = (all) => {
    const found = report.facts(all);
    if (!found) return null;
    return part(found[0], make("dl", { class: "facts" }, found[1].map(([label, text]) =>
      [make("dt", {}, label), make("dd", {}, text)])));
  };

  // A file that was derived of a clip: its pictures are shown by whatever shows such files.
  const fillDerived = ({ report: all }) => {
    const rows = report.derivation(all), reasons = all.findings.map(report.finding), advice = report.advice(all);
    return make("div", { class: "body" },
      reasons.length > 0 && part(say("reasons"), list("list", reasons)),
      advice.length > 0 && part(say("nextSteps"), list("list soft", advice)),
      rows && table(rows),
      make("div", { class: "said-so" },
        part(say("notProvenHead"), list("list soft", [say("limitDerived"), say("limitTransport")]))));
  };

  const fill = (clip) => {
    const { report: all } = clip;
    if (clip.note && !all.error) return fillDerived(clip);
    if (all.error) return make("div", { class: "body" }, make("p", { class: "said wrong" }, say("cannotRead")));
    const reasons = all.findings.filter((finding) => !report.isNote(finding)), notes = all.findings.filter(report.isNote);
    const advice = report.advice(all), isEmpty = all.verdict === "could-not-check";
    return make("div", { class: "body" },
      reasons.length > 0 && part(say("reasons"), list("list", reasons.map(report.finding))),
      advice.length > 0 && part(say("nextSteps"), list("list soft", advice)),
      ...(isEmpty ? [] : [
        part(say("playHead"), stage(clip)),
        table(report.questions(all)),
        saidSo(all),
        all.key && part(say("keyNameHead"), make("p", { class: "name" }, all.key), make("p", { class: "hint" }, say("keyNameHint"))),
        facts(all),
        notes.length > 0 && part(say("noted"), list("list soft", notes.map(report.finding))),
        make("div", {}, events(all), statements(clip), more(say("technical"),
          make("pre", {}, all.findings.map(({ code }) => code).join("\n")))),
      ]));
  };

  const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const show = (clip, isOpen) => {
    const { file, report: all } = clip, [word, sentence] = report.verdict(all);
    const first = all.findings.find((finding) => !report.isNote(finding));
    const box = make("details", { class: "clip", "data-verdict": all.verdict }, make("summary", {},
      make("span", { class: "file" }, `${pathOf(file)} · ${size(file.size)}`),
      make("strong", { class: "word" }, word), make("span", { class: "sentence" }, sentence),
      make("span", { class: "why" }, first ? report.finding(first) : "")));
    // A clip that nobody looks at loads no pictures.
    box.addEventListener("toggle", () => box.append(fill(clip)), { once: true });
    box.open = isOpen;
    clip.box?.querySelector("video")?.removeAttribute("src");
    if (clip.box) clip.box.replaceWith(box);
    else byId("found").append(box);
    clip.box = box;
  };

  // ---- What was given.

  const tell = (id, text, isWrong = false) => {
    byId(id).textContent = text;
    byId(id).classList.toggle("wrong", isWrong);
  };
  const TRUST_WORDS = { "key-form": "keyForm", "key-id": "keyId", "key-name": "keyName", "key-point": "keyPoint" };
  const trustWord = (code) => TRUST_WORDS[code] || "trust-" + code;

  // The texts of the keys, or nothing where they cannot be taken: a typing error must not look like an unknown signer.
  const keysGiven = async () => {
    const texts = [fileText, byId("key").value.trim()].filter(Boolean);
    try {
      const { keys } = await trust.parse(texts);
      const names = keys.map(({ role, key }) => `${key.name} (${say("role_" + role)})`);
      tell("key-said", names.length ? say("known", names.join(", ")) : "");
      return texts;
    } catch (error) {
      const word = trustWord(error.code).replace(/-(.)/g, (_, letter) => letter.toUpperCase());
      const why = words.has(word) ? say(word) : String(error);
      tell("key-said", error.line ? say("trustLine", error.line, why) : why, true);
      return null;
    }
  };
  const orderGiven = () => {
    const text = byId("order").value.trim(), isGood = /^[A-Za-z0-9._-]{0,64}$/.test(text) && text !== "-";
    tell("order-said", isGood ? "" : say("badOrder", text), !isGood);
    return isGood ? text || null : undefined;
  };

  // Checks all clips that have no report under what is given now.
  const checkAll = async () => {
    running?.abort();
    const own = running = new AbortController(), { signal } = own;
    const [texts, order] = [await keysGiven(), orderGiven()];
    byId("clear").hidden = clips.length === 0;
    byId("progress").hidden = true;
    if (signal.aborted || texts === null || order === undefined) return;
    // Derived files last: by then their clips are known.
    const open = clips.filter((clip) => !clip.report).sort((a, b) => Boolean(a.note) - Boolean(b.note));
    for (const [i, clip] of open.entries()) {
      const progress = (share) => {
        if (signal.aborted) return;
        Object.assign(byId("progress"), { hidden: false, value: (i + share) / open.length });
        tell("said", say("checking", clip.file.name, Math.floor(100 * share)));
      };
      progress(0);
      const asked = { blob: clip.file, texts, order, ...(clip.note && await derivedOf(clip.note)) };
      const found = await worker.run(asked, progress, signal).catch((error) => ({ failure: error }));
      if (signal.aborted) return;
      if (found.failure) throw found.failure;
      clip.report = found;
      show(clip, clips.length === 1);
    }
    byId("progress").hidden = true;
    const counts = new Map();
    for (const { report: all } of clips) counts.set(all.verdict, (counts.get(all.verdict) || 0) + 1);
    const each = [...counts].map(([verdict, count]) => `${report.verdict({ verdict })[0]} ${count}`);
    tell("said", clips.length ? [say("done", clips.length), ...(clips.length > 1 ? each : [])].join(" · ") : "");
  };
  const checkAgain = () => {
    for (const clip of clips) {
      // What was said under other keys stands nowhere.
      clip.box?.remove();
      Object.assign(clip, { report: null, box: null });
    }
    return checkAll();
  };

  const pathOf = (file) => file.webkitRelativePath || file.name;
  const MAX_NOTE = 16384;
  // A note beside a file, and the report of the clip that it names, if that was given too.
  const derivedOf = async (file) => {
    const bytes = new Uint8Array(await file.slice(0, MAX_NOTE + 1).arrayBuffer());
    const of = /^clip ([0-9a-f]{32})$/m.exec(new TextDecoder().decode(bytes));
    const clip = of && clips.find(({ report: all }) => all && all.facts && all.facts.clip === of[1]);
    return { bytes, original: clip ? clip.report : null };
  };
  const add = (files) => {
    const notes = new Map(files.filter(({ name }) => name.endsWith(".note")).map((file) => [pathOf(file), file]));
    // What a buyer sent is in a bundle too, under these names; no station sealed it.
    const isVideo = ({ name }) => /\.(mp4|m4v)$/i.test(name) && !/^received-\d+\./.test(name);
    const isTaken = (file) => isVideo(file) || notes.has(pathOf(file) + ".note") || files.length === 1;
    const found = files.filter(isTaken);
    found.sort((a, b) => pathOf(a).localeCompare(pathOf(b)));
    clips.push(...found.map((file) => ({ file, note: notes.get(pathOf(file) + ".note"), report: null, box: null })));
    if (found.length === 0) tell("said", say("noClips"));
    else checkAll();
  };

  // All files of what was dropped, folders included.
  const filesIn = async (entry) => {
    if (!entry.isDirectory) return [await new Promise((done, failed) => entry.file(done, failed))];
    const reader = entry.createReader(), found = [];
    for (let some; (some = await new Promise((done, failed) => reader.readEntries(done, failed))).length > 0;) {
      for (const one of some) found.push(...await filesIn(one));
    }
    return found;
  };

  const onFiles = (id, take) => byId(id).addEventListener("change", ({ target }) => {
    const files = [...target.files];
    // The same ones may be chosen again.
    target.value = "";
    if (files.length) take(files);
  });
  onFiles("clips", add);
  onFiles("folder", add);
  onFiles("key-file", async ([file]) => {
    if (file.size > MAX_TRUST) return tell("key-said", say("trustTooLarge"), true);
    fileText = await file.text();
    return checkAgain();
  });
  byId("key").addEventListener("change", checkAgain);
  byId("order").addEventListener("change", checkAgain);
  document.forms[0].addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => {
    clips.forEach(({ box }) => box?.remove());
    clips = [];
    tell("said", "");
    checkAll();
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      byId("drop").classList.toggle("over", kind === "dragover");
    });
  }
  document.addEventListener("drop", async ({ dataTransfer }) => {
    const entries = [...dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
    const files = entries.length > 0 ? (await Promise.all(entries.map(filesIn))).flat() : [...dataTransfer.files];
    if (files.length > 0) add(files);
  });

  // ---- Language: the hash, else the browser's.

  const speak = () => {
    const wanted = location.hash.slice(1), own = navigator.language.startsWith("zh") ? "zh" : "en";
    words.use(["zh", "en"].includes(wanted) ? wanted : own);
    document.documentElement.lang = words.lang() === "zh" ? "zh-CN" : "en";
    document.title = `packseal · ${say("title")}`;
    for (const one of document.querySelectorAll("[data-text]")) one.textContent = say(one.dataset.text);
    for (const one of document.querySelectorAll("[data-placeholder]")) one.placeholder = say(one.dataset.placeholder);
    for (const link of document.querySelectorAll("nav a")) {
      link.toggleAttribute("aria-current", link.hash === "#" + words.lang());
    }
    for (const clip of clips) if (clip.report) show(clip, clip.box.open);
    checkAll();
  };
  addEventListener("hashchange", speak);
  speak();
})();
