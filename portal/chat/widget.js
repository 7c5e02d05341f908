// An agent in writing on a client's page. One tag:
//   <script src="https://PORTAL/chat/v1/widget.js" data-key="cw_…" defer></script>
// All it draws is in a shadow tree, so that the page's styles and ours leave each other alone, and it works where the page
// allows this address in script-src and connect-src: no style or script within the page, no frame, no cookie. What either
// side says is put in as text, never as markup. A conversation lasts as long as the tab.
"use strict";
(() => {
  const tag = document.currentScript;
  const key = tag?.dataset.key ?? "";
  if (!/^cw_[\w-]{22}$/.test(key)) return;
  const base = new URL(key + "/", tag.src).href;
  const asked = tag.dataset.lang || document.documentElement.lang || navigator.language || "fr";
  const fr = !asked.toLowerCase().startsWith("en");
  const t = (french, english) => (fr ? french : english);
  const KEPT = `decroche:${key}`;

  const STYLE = `
    :host { all: initial; position: fixed; inset: auto 1rem 1rem auto; z-index: 2147483000; color-scheme: light;
      font: 16px/1.45 system-ui, sans-serif; color: #17202a; }
    * { box-sizing: border-box; font: inherit; color: inherit; }
    [hidden] { display: none !important; }
    button { cursor: pointer; border: 0; border-radius: .5rem; padding: .6rem 1rem; background: #0b5394; color: #fff; }
    button.quiet { background: none; color: #17202a; padding: .4rem .6rem; text-decoration: underline; }
    button:disabled { opacity: .6; cursor: default; }
    :focus-visible { outline: 3px solid #f4b400; outline-offset: 2px; }
    .open { border-radius: 2rem; padding: .8rem 1.3rem; box-shadow: 0 2px 10px #0004; }
    .panel { position: fixed; inset: auto 1rem 1rem auto; width: min(24rem, calc(100vw - 2rem));
      height: min(36rem, calc(100dvh - 2rem)); display: flex; flex-direction: column; background: #fff;
      border: 1px solid #b6bec8; border-radius: .8rem; box-shadow: 0 4px 24px #0005; overflow: hidden; }
    header { display: flex; align-items: center; gap: .3rem; padding: .5rem .5rem .5rem 1rem; border-bottom: 1px solid #d5dbe1; }
    h2 { flex: 1; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
    .notice { margin: 0; padding: .5rem 1rem; background: #eef3f8; font-size: .875rem; }
    .log { flex: 1; overflow-y: auto; padding: 1rem; display: flex; flex-direction: column; gap: .6rem; }
    .log p { margin: 0; max-width: 88%; padding: .5rem .8rem; border-radius: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
    .agent { align-self: flex-start; background: #eef0f3; }
    .visitor { align-self: flex-end; background: #0b5394; color: #fff; }
    .log p.house { align-self: center; font-size: .875rem; color: #4a5560; padding: 0; text-align: center; }
    form { display: flex; flex-direction: column; gap: .5rem; padding: .7rem 1rem 1rem; border-top: 1px solid #d5dbe1; }
    label { font-size: .875rem; display: flex; flex-direction: column; gap: .2rem; }
    textarea, input { width: 100%; border: 1px solid #6b7681; border-radius: .5rem; padding: .5rem; background: #fff; resize: none; }
    .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (max-width: 400px) { .panel { inset: 0; width: 100vw; height: 100dvh; border-radius: 0; border: 0; } }`;

  const make = (name, facts = {}, ...children) => {
    const made = document.createElement(name);
    for (const [fact, value] of Object.entries(facts)) {
      if (fact === "text") made.textContent = value;
      else if (fact === "hidden" || fact === "disabled" || fact === "required") made[fact] = value;
      else made.setAttribute(fact, value);
    }
    made.append(...children);
    return made;
  };

  const host = make("div", { lang: fr ? "fr" : "en" });
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const opener = make("button", { class: "open", type: "button", "aria-expanded": "false", "aria-controls": "panel",
    text: t("Écrivez-nous", "Write to us") });
  const title = make("h2", { id: "title", text: t("Assistant", "Assistant") });
  const ender = make("button", { class: "quiet", type: "button", text: t("Terminer", "End"), hidden: true });
  const closer = make("button", { class: "quiet", type: "button", text: t("Réduire", "Minimise") });
  const log = make("div", { class: "log", role: "log", "aria-live": "polite", tabindex: "0",
    "aria-label": t("Conversation", "Conversation") });
  const field = make("textarea", { rows: "2", maxlength: "1000", autocomplete: "off" });
  const sender = make("button", { type: "submit", text: t("Envoyer", "Send") });
  const form = make("form", {}, make("label", {}, t("Votre message", "Your message"), field), sender);
  const noteText = make("textarea", { rows: "3", maxlength: "2000", required: true });
  const noteName = make("input", { maxlength: "100", autocomplete: "name" });
  const noteAt = make("input", { maxlength: "100", required: true });
  const noteSend = make("button", { type: "submit", text: t("Laisser ce message", "Leave this message") });
  const note = make("form", { hidden: true },
    make("label", {}, t("Votre message", "Your message"), noteText),
    make("label", {}, t("Votre nom", "Your name"), noteName),
    make("label", {}, t("Téléphone ou adresse électronique où vous répondre", "Telephone or e-mail to answer you at"), noteAt),
    noteSend);
  const panel = make("section", { id: "panel", class: "panel", role: "dialog", "aria-labelledby": "title", hidden: true },
    make("header", {}, title, ender, closer),
    make("p", { class: "notice", text: t(
      "Un programme vous répond (intelligence artificielle), pas une personne. Vos messages sont conservés pour traiter votre demande.",
      "A program answers you (artificial intelligence), not a person. Your messages are kept to deal with your request.") }),
    log, form, note);
  root.append(opener, panel);
  (document.body ?? document.documentElement).append(host);

  let token = "", turn = 0, begun = false, busy = false, pending = null;
  const kept = () => { try { return sessionStorage.getItem(KEPT) ?? ""; } catch { return ""; } };
  const keep = (value) => {
    token = value;
    try { value ? sessionStorage.setItem(KEPT, value) : sessionStorage.removeItem(KEPT); } catch { /* not kept */ }
    ender.hidden = !value;
  };
  const show = (who, text) => {
    if (!text) return;
    const speaker = { agent: t("Assistant : ", "Assistant: "), visitor: t("Vous : ", "You: ") }[who];
    log.append(make("p", { class: who }, ...(speaker ? [make("span", { class: "hidden", text: speaker })] : []), text));
    log.scrollTop = log.scrollHeight;
  };

  class Refusal extends Error { constructor(status, code) { super(code); this.status = status; this.code = code; } }
  const ask = async (path, sent) => {
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    if (sent) headers["content-type"] = "application/json";
    const answer = await fetch(base + path, { method: sent ? "POST" : "GET", headers, credentials: "omit",
      referrerPolicy: "no-referrer", cache: "no-store", body: sent ? JSON.stringify(sent) : undefined });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refusal(answer.status, told.code ?? "");
    return told;
  };

  const working = (is) => { busy = is; sender.disabled = is; noteSend.disabled = is; log.setAttribute("aria-busy", String(is)); };
  const over = () => { keep(""); turn = 0; begun = false; pending = null; };
  const leave = () => {
    show("house", t("Personne ne peut vous répondre ici pour le moment. Laissez un message : on vous répondra.",
      "Nobody can answer you here just now. Leave a message: we will answer you."));
    form.hidden = true; note.hidden = false; noteText.focus();
  };
  const failed = (error) => {
    if (error.status === 401) { over(); show("house", t("La conversation est terminée.", "The conversation is over.")); }
    else if (error.status === 503) leave();
    else if (error.status === 429) show("house", t("C'est un peu rapide : réessayez dans un instant.", "A little fast: try again in a moment."));
    else show("house", t("Le message n'est pas parti. Réessayez.", "The message was not sent. Try again."));
  };

  const begin = async () => {
    keep(kept());
    if (token) {
      try {
        const told = await ask("conversation");
        log.replaceChildren();
        for (const line of told.lines) show(line.who, line.text);
        turn = told.turn; begun = true;
        return;
      } catch (error) { if (error.status !== 401) throw error; keep(""); }
    }
    const told = await ask("conversations", {});
    keep(told.token);
    turn = told.turn; begun = true;
    title.textContent = told.company || title.textContent;
    host.lang = told.language;
    show("agent", told.said);
  };
  const tried = async (work) => {
    if (busy) return;
    working(true);
    try { await work(); } catch (error) { failed(error); } finally { working(false); }
  };

  const say = () => tried(async () => {
    const text = field.value.trim();
    if (!text) return;
    if (!begun) await begin();
    if (pending !== text) { show("visitor", text); pending = text; }
    const told = await ask("lines", { text, turn });
    pending = null; field.value = ""; turn = told.turn;
    show("agent", told.said);
    if (told.over) { over(); show("house", t("La conversation est terminée.", "The conversation is over.")); }
  }).then(() => { if (!form.hidden) field.focus(); });

  const open = () => {
    panel.hidden = false; opener.hidden = true; opener.setAttribute("aria-expanded", "true");
    field.focus();
    if (!begun) tried(begin);
  };
  const shut = () => {
    panel.hidden = true; opener.hidden = false; opener.setAttribute("aria-expanded", "false");
    opener.focus();
  };

  opener.addEventListener("click", open);
  closer.addEventListener("click", shut);
  panel.addEventListener("keydown", (event) => { if (event.key === "Escape") shut(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); say(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); say(); }
  });
  ender.addEventListener("click", () => tried(async () => {
    await ask("end", {});
    over();
    show("house", t("La conversation est terminée.", "The conversation is over."));
    field.focus();
  }));
  note.addEventListener("submit", (event) => {
    event.preventDefault();
    tried(async () => {
      await ask("messages", { text: noteText.value, name: noteName.value, contact: noteAt.value });
      note.reset(); note.hidden = true; form.hidden = false;
      show("house", t("Votre message est laissé. On vous répondra.", "Your message is left. We will answer you."));
      field.focus();
    });
  });
})();
