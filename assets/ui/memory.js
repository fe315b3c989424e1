// What this browser remembers: the keys of its sessions, the key that the next one will have, and drafts of prompts.
// Where storage is denied, full or holds rubbish, the page remembers as long as it is open.
window.tpMemory = (() => {
  const NAME = "thousand-prompts-memory";
  const SESSIONS = 8;
  // Together less than the server takes in one call.
  const DRAFTS = 6;
  const LONGEST = 4000;
  let unkept = null;

  const isText = (value) => typeof value === "string";
  const isDraft = (value) => Array.isArray(value) && value.length === 2 && value.every(isText);
  const list = (value, isOne) => (Array.isArray(value) ? value.filter(isOne) : []);

  function stored(kind, name) {
    try {
      return window[kind].getItem(name);
    } catch {
      return null;
    }
  }

  function read() {
    let found = unkept;
    try {
      found ??= JSON.parse(stored("localStorage", NAME));
    } catch {
      // Rubbish is nothing.
    }
    return {
      tokens: list(found?.tokens, isText),
      next: isText(found?.next) ? found.next : "",
      drafts: list(found?.drafts, isDraft),
    };
  }

  function write(memory) {
    try {
      localStorage.setItem(NAME, JSON.stringify(memory));
      unkept = null;
    } catch {
      unkept = memory;
    }
  }

  const makeKey = () =>
    btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24))))
      .replaceAll("+", "-")
      .replaceAll("/", "_");

  // Windows that were opened before a session began share its key, so that they begin one session together.
  let next = read().next || makeKey();
  write({ ...read(), next });

  return {
    // What the server is told when the page is opened. A window goes on with its own session before another's.
    arrival() {
      const { tokens, drafts } = read();
      const own = stored("sessionStorage", NAME);
      return {
        link: new URLSearchParams(location.search).get("resume") ?? "",
        tokens: [...new Set(own ? [own, ...tokens] : tokens)].slice(0, SESSIONS),
        drafts: Object.fromEntries(drafts),
      };
    },

    nextKey: () => next,

    // This window shows the session of `token`.
    use(token) {
      if (!token) return;
      const memory = read();
      if (memory.next === token) memory.next = makeKey();
      if (next === token) next = memory.next;
      memory.tokens = [token, ...memory.tokens.filter((other) => other !== token)].slice(0, SESSIONS);
      write(memory);
      try {
        sessionStorage.setItem(NAME, token);
      } catch {
        // Then the latest session of all windows is this one's.
      }
    },

    // A session that can be reached from here.
    know(token) {
      const memory = read();
      if (memory.tokens.includes(token)) return;
      write({ ...memory, tokens: [...memory.tokens.slice(0, SESSIONS - 1), token] });
    },

    // What stands in the prompt box, and in which round.
    keepDraft(place, text) {
      const memory = read();
      const others = memory.drafts.filter(([other]) => other !== place);
      const whole = text.slice(0, LONGEST).replace(/\p{Cs}/gu, ""); // no half of an emoji
      write({ ...memory, drafts: [[place, whole], ...others].slice(0, DRAFTS) });
    },
  };
})();
