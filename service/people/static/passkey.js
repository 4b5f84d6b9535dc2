// Passkeys: where this browser has them and the address is the one they are for, a form's button asks for a signature
// and sends it with the form. Without this script the button stays hidden, and passwords do.
const has = Boolean(globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON);

const ask = {
  create: (given) =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(given) }),
  get: (given) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(given) }),
};

async function challenge(form) {
  const answer = await fetch(form.dataset.challenge, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  const said = await answer.json();
  if (answer.ok) return said;
  throw Object.assign(new Error(), { sentence: said.error });
}

function offer(form) {
  const button = form.querySelector("[data-ask]");
  const failed = form.querySelector("[data-failed]");
  const words = { NotAllowedError: failed.dataset.cancelled, InvalidStateError: failed.dataset.known };
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (!form.reportValidity()) return;
    button.disabled = true;
    failed.hidden = true;
    try {
      const signed = await ask[form.dataset.passkey](await challenge(form));
      form.elements.credential.value = JSON.stringify(signed);
      form.elements.credential.disabled = false;
      form.submit();
    } catch (error) {
      failed.textContent = error.sentence ?? words[error.name] ?? failed.dataset.away;
      failed.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!has || form.dataset.party !== location.hostname) continue;
  offer(form);
  for (const hint of document.querySelectorAll("[data-without]")) hint.hidden = true;
}
