
const list = document.getElementById('list');
if (list) {
  const body = list.tBodies[0], rows = [...body.rows];
  const heads = [...list.tHead.rows[0].cells];
  const order = { vs: 3, vw: 2, vc: 1, vu: 0 };
  const key = (row, n, kind) => {
    const cell = row.cells[n];
    if (kind === 'v') return order[cell.firstChild.className];
    const text = cell.textContent;
    return kind === 'n' ? parseFloat(text === '–' ? -1 : text) : text;
  };
  heads.forEach((head, n) => {
    const kind = head.dataset.k, button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const now = head.getAttribute('aria-sort');
      const up = now ? now === 'descending' : kind === 't';
      heads.forEach((other) => other.removeAttribute('aria-sort'));
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const keyed = rows.map((row) => [key(row, n, kind), row]);
      const compare = new Intl.Collator(document.documentElement.lang, { numeric: true }).compare;
      keyed.sort(([a], [b]) => (up ? 1 : -1) * (kind === 't' ? compare(a, b) : a - b));
      body.append(...keyed.map(([, row]) => row));
    });
  });
  const box = document.querySelector('.filter'), find = document.getElementById('find');
  const shown = document.getElementById('shown');
  const checks = [...box.querySelectorAll('[type=checkbox]')];
  const apply = () => {
    const text = find.value.trim().toLowerCase();
    const kinds = new Set(checks.filter((check) => check.checked).map((check) => check.value));
    let n = 0;
    for (const row of rows) {
      const is = kinds.has(row.cells[1].firstChild.className)
        && row.cells[0].textContent.toLowerCase().includes(text);
      row.hidden = !is;
      n += is;
    }
    shown.textContent = SHOWN.replace('{n}', n).replace('{all}', rows.length);
  };
  box.hidden = false;
  box.addEventListener('input', apply);
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
  closed = [...document.querySelectorAll('details:not([open])')];
  closed.forEach((story) => { story.open = true; });
});
addEventListener('afterprint', () => closed.forEach((story) => { story.open = false; }));
