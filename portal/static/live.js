// The words of a call as they are said: the page is asked for again, and what is new is put in. Without it, the page has
// a link that does the same.
"use strict";
(() => {
  const list = document.getElementById("paroles");
  if (!list) return;
  const every = Number(list.dataset.seconds) * 1000;
  const until = Date.now() + 30 * 60 * 1000;
  const put = (fresh) => {
    [...fresh.children].forEach((item, place) => {
      const old = list.children[place];
      if (!old) list.append(item.cloneNode(true));
      else if (old.innerHTML !== item.innerHTML) old.replaceWith(item.cloneNode(true));
    });
  };
  const again = async () => {
    if (Date.now() > until) return;
    try {
      if (!document.hidden) {
        const answer = await fetch(location.href, { credentials: "same-origin" });
        if (answer.redirected) return location.assign(answer.url);
        if (!answer.ok) return;
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("paroles");
        if (fresh) put(fresh);
      }
    } catch { /* the network is away: asked again */ }
    setTimeout(again, every);
  };
  setTimeout(again, every);
})();
