// Says how far a job is, while its page is before somebody; when it is done, the page says what came of it.
const EVERY = 1_000; // milliseconds
const progress = document.querySelector("#progress");

async function look() {
  const fresh = document.visibilityState === "visible" ? await now() : null;
  if (fresh && !("working" in fresh.dataset)) return location.reload();
  if (fresh) {
    progress.querySelector("progress").value = fresh.querySelector("progress").value;
    progress.querySelector("p").textContent = fresh.querySelector("p").textContent;
  }
  setTimeout(look, EVERY);
}

// What the server shows by now; nothing where it can't be asked.
async function now() {
  try {
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#progress");
  } catch {
    return null;
  }
}

setTimeout(look, EVERY);
