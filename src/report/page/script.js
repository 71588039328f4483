
const list = document.getElementById('list');
if (list) {
  const rest = document.getElementById('rest'), seen = list.tBodies[0].rows.length;
  const tables = rest ? [list, rest] : [list];
  let rows = tables.flatMap((table) => [...table.tBodies[0].rows]);
  const order = { vs: 3, vw: 2, vc: 1, vu: 0 };
  const key = (row, n, kind) => {
    const cell = row.cells[n];
    if (kind === 'v') return order[cell.firstChild.className];
    const text = cell.textContent;
    if (kind !== 'n') return text;
    return parseFloat(text === '–' ? -1 : cell.dataset.n ?? text.replace(',', '.'));
  };
  const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
  const box = document.querySelector('.filter'), find = document.getElementById('find');
  const checks = [...box.querySelectorAll('[type=checkbox]')];
  const show = () => {
    const text = find.value.trim().toLowerCase();
    const kinds = new Set(checks.filter((check) => check.checked).map((check) => check.value));
    const is = (row) => kinds.has(row.cells[1].firstChild.className)
      && (!text || row.cells[0].textContent.toLowerCase().includes(text));
    const found = rows.filter(is);
    list.tBodies[0].replaceChildren(...found.slice(0, seen));
    if (rest) {
      rest.tBodies[0].replaceChildren(...found.slice(seen));
      rest.parentNode.hidden = found.length <= seen;
      rest.parentNode.firstChild.textContent = MORE.replace('{n}', found.length - seen);
    }
    document.getElementById('shown').textContent = found.length
      ? SHOWN.replace('{n}', found.length).replace('{all}', rows.length) : NONE;
    list.hidden = !found.length;
  };
  for (const table of tables) {
    [...table.tHead.rows[0].cells].forEach((head, n) => {
      const kind = head.dataset.k, button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const now = head.getAttribute('aria-sort');
        const up = now ? now === 'descending' : kind === 't';
        const keyed = rows.map((row) => [key(row, n, kind), row]);
        keyed.sort(([a], [b]) => (up ? 1 : -1) * (kind === 't' ? compare(a, b) : a - b));
        rows = keyed.map(([, row]) => row);
        for (const other of tables) {
          [...other.tHead.rows[0].cells].forEach((cell, at) => {
            if (at === n) cell.setAttribute('aria-sort', up ? 'ascending' : 'descending');
            else cell.removeAttribute('aria-sort');
          });
        }
        show();
      });
    });
  }
  box.hidden = false;
  box.addEventListener('input', show);
}
const open = () => {
  const at = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  const story = at && at.closest('details');
  if (story && !story.open) {
    story.open = true;
    at.scrollIntoView();
  }
};
addEventListener('hashchange', open);
open();
let closed = [];
addEventListener('beforeprint', () => {
  closed = [...document.querySelectorAll('details:not([open]):not(.calm)')];
  closed.forEach((story) => { story.open = true; });
});
addEventListener('afterprint', () => closed.forEach((story) => { story.open = false; }));
