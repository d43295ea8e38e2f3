// Verification beside the page, so that it stays at hand. Runs in a worker made of the same scripts; where a browser
// gives none to a file, in the page itself.
"use strict";

const worker = (() => {
  // One file after the other: the keys are parsed anew, for only texts can be handed over. With a note it is a derived
  // file, and `original` the report of its clip.
  const check = async ({ blob, texts, order, bytes, original }, progress) => {
    const given = await trust.parse(texts);
    return bytes ? derived.check(blob, bytes, { trust: given, original }) : verify(blob, { trust: given, order, progress });
  };

  if (typeof document === "undefined") {
    onmessage = async ({ data }) => {
      let told = 0;
      const progress = (seen, all) => {
        const now = Date.now();
        if (now - told < 80) return;
        told = now;
        postMessage({ progress: seen / Math.max(all, 1) });
      };
      try {
        postMessage({ report: await check(data, progress) });
      } catch (error) {
        postMessage({ failure: String(error) });
      }
    };
    return null;
  }

  let made = null, isUsable = true;
  const start = () => {
    const source = new Blob([document.getElementById("core").textContent], { type: "text/javascript" });
    return new Worker(URL.createObjectURL(source));
  };

  // What comes of one clip; `progress` is called with shares of it. `signal` ends it, and the worker that is at it.
  const run = (asked, progress, signal) => new Promise((resolve, reject) => {
    const inPage = () => check(asked, (seen, all) => progress(seen / Math.max(all, 1))).then(resolve, reject);
    const without = () => {
      isUsable = false;
      return inPage();
    };
    if (!isUsable) return inPage();
    try {
      made ??= start();
    } catch {
      return without();
    }
    const own = made, stop = () => {
      own.terminate();
      made = null;
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop);
    own.onerror = without;
    own.onmessage = ({ data }) => {
      if (data.progress !== undefined) return progress(data.progress);
      signal.removeEventListener("abort", stop);
      return data.report ? resolve(data.report) : reject(new Error(data.failure));
    };
    return own.postMessage(asked);
  });

  return { run };
})();
