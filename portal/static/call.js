// The sound in step with the picture and the words. Without it the page shows both, and the player works alone.
"use strict";
(() => {
  const sound = document.getElementById("son");
  const lanes = document.querySelector("svg.lanes");
  const turns = [...document.querySelectorAll("li.turn")];
  if (!sound) return;
  const seek = (ms) => { sound.currentTime = ms / 1000; sound.play(); };
  for (const turn of turns) turn.querySelector("a.at").addEventListener("click", (event) => {
    event.preventDefault();
    seek(Number(turn.dataset.from));
  });
  if (lanes) for (const bar of lanes.querySelectorAll("a.bar")) bar.addEventListener("click", (event) => {
    event.preventDefault();
    seek(Number(bar.dataset.from));
  });
  const now = lanes && lanes.querySelector("line.now");
  const follow = () => {
    const ms = sound.currentTime * 1000;
    if (now) {
      const x = String(Number(lanes.dataset.left) + ms * Number(lanes.dataset.scale));
      now.setAttribute("x1", x);
      now.setAttribute("x2", x);
    }
    for (const turn of turns) {
      const said = ms >= Number(turn.dataset.from) && ms < Number(turn.dataset.to) && ms > 0;
      turn.classList.toggle("playing", said);
    }
  };
  sound.addEventListener("timeupdate", follow);
  sound.addEventListener("seeked", follow);
})();
