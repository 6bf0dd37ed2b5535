'use strict';
/* The page's own script: what needs one. Text of logs comes from the island and goes into the page as
 * text, never as markup. Deck shows the page inside an attribute, where entities are decoded: write no
 * ampersand before a letter here. */
(() => {
const $ = (css, root = document) => root.querySelector(css);
const $$ = (css, root = document) => [...root.querySelectorAll(css)];
const SVG = 'http://www.w3.org/2000/svg';
const PAGE = 100, LINES = 60;
const night = JSON.parse($('#night').textContent);

/* ---- elements ---- */

function fill(el, attributes, kids) {
  for (const [name, value] of Object.entries(attributes || {}))
    if (value !== null && value !== undefined && value !== false) el.setAttribute(name, value);
  el.append(...kids.flat(Infinity).filter(k => k !== null && k !== undefined && k !== ''));
  return el;
}
const make = (tag, attributes, ...kids) => fill(document.createElement(tag), attributes, kids);
const draw = (tag, attributes, ...kids) => fill(document.createElementNS(SVG, tag), attributes, kids);
const said = text => make('span', { class: 'u' }, text || '');  /* what others wrote */
const small = text => make('small', null, text);
const tag = name => make('span', { class: 'tag c-' + name }, name);
const isWeb = url => /^https?:\/\//i.test(url || '');
const link = (url, ...kids) => isWeb(url)
  ? make('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, kids) : make('span', null, kids);

/* ---- figures ---- */

const share = text => {
  const [hits, of, low, high] = (text || '0 0 0 100').split(' ').map(Number);
  return { hits, of, low, high, rate: of ? 100 * hits / of : -1 };
};
const percent = s => s.of ? s.rate.toFixed(1) + '\u00a0%' : '–';
const ratio = s => s.of ? [make('b', null, s.hits + '/' + s.of), ' ', small(percent(s))] : '–';
const clock = s => s ? new Date(s * 1000).toISOString().slice(0, 16).replace('T', ' ') : '–';
const time = s => s ? make('time', { datetime: new Date(s * 1000).toISOString() }, clock(s)) : '–';
const two = (n, of, to) => Math.floor(n / of) + to[0] + String(Math.floor(n % of / to[2])).padStart(2, '0') + to[1];
const span = s => s === undefined ? '–' : s < 60 ? s + 's' : s < 3600 ? two(s, 60, ['m', 's', 1])
  : s < 86400 ? two(s, 3600, ['h', 'm', 60]) : two(s, 86400, ['d', 'h', 3600]);
const plural = (n, word) => n + ' ' + word + (n === 1 ? '' : 's');

function spark(days) {
  const n = days.length, step = n <= 21 ? 5 : n <= 45 ? 3 : 2;
  const bars = (wanted, height) => [...days].map((d, i) => wanted(d) ? `M${(i + 0.5) * step} 18v-${height(d)}` : '').join('');
  const bad = [...days].filter(d => d > '0').length, ran = [...days].filter(d => d !== '.').length;
  return draw('svg', { class: 'spark', role: 'img', width: n * step, height: 18, viewBox: `0 0 ${n * step} 18`,
    'stroke-width': step - 1, 'aria-label': `Failed on ${bad} of ${ran} days with runs` },
    draw('path', { class: 'ok', d: bars(d => d === '0', () => 2) }),
    draw('path', { class: 'bad', d: bars(d => d > '0', d => 2 + 16 * d / 9) }));
}

function whisker(s) {
  const x = v => (Math.min(100, v) * 0.8).toFixed(1);
  return draw('svg', { class: 'whisker', 'aria-hidden': true, width: 88, height: 12, viewBox: '-4 0 88 12' },
    draw('path', { class: 'axis', d: 'M0 6h80' }), draw('path', { class: 'range', d: `M${x(s.low)} 6H${x(s.high)}` }),
    draw('circle', { cx: x(s.rate), cy: 6, r: 3 }));
}

/* ---- state, kept in the hash so that a link shows what you see ---- */

let state = new URLSearchParams();
function readState() {
  const hash = location.hash.slice(1);
  state = new URLSearchParams(hash.includes('=') ? hash : hash ? { at: hash } : {});
}
function keep(name, value) {
  if (value) state.set(name, value); else state.delete(name);
  try { history.replaceState(null, '', '#' + state); } catch { /* inside a frame without an address */ }
}

function say(text) { $('#said').textContent = text; }

/* ---- tables ---- */

const pieces = { F: 'failed', E: 'errored', '~': 'flaky', P: 'passed', S: 'skipped', U: 'unfinished', I: 'infrastructure',
  O: 'outage', B: 'bad build', A: 'aborted', '?': 'unknown', ' ': 'not run' };
const css = { F: 'f', E: 'e', '~': 't', P: 'p', S: 's', U: 'u', I: 'i', O: 'i', B: 'e', A: 's', '?': 'u', ' ': 'n' };
const cell = letter => make('span', { class: 'g g' + (css[letter] || 'u') }, letter);
const build = r => link(r.u, said(r.j), r.i ? [' ', make('span', { class: 'id' }, '#', said(r.i))] : null);
const excerpt = r => r.x || r.g ? make('p', { class: 'log' }, link(r.g || r.u, make('span', { class: 'line' }, r.l ? 'L' + r.l : 'log')), ' ',
  make('code', null, said(r.x))) : null;
const example = r => make('div', { class: 'example' }, make('p', { class: 'where' }, build(r), ' ', time(r.t)), excerpt(r));
const counts = list => make('ul', { class: 'facts' }, (list || []).map(c => make('li', null, said(c.n), ` ${c.h}/${c.o}`)));
const change = h => h ? make('p', null, 'Changed ', time(h.t), ' ', small(`(between ${clock(h.f)} and ${clock(h.e)})`),
  `: ${h.p}\u00a0% → ${h.a}\u00a0% fail; commits `, make('code', null, said(h.g || '?')), '…', make('code', null, said(h.b || '?'))) : null;
const rate = s => s.of ? make('span', { class: 'rate' }, whisker(s), make('span', null, percent(s))) : '–';
const breakable = text => text.split(/(?<=[./:])/).map(part => [part, make('wbr')]);
const label = r => make('span', { class: 'test' }, r.q ? make('span', { class: 'suite u' }, breakable(r.q)) : null, said(r.n));
/* Where there is little room: the last part of what stands before the name. */
const narrow = r => make('span', { class: 'test' }, r.q ? make('span', { class: 'suite u' }, /[^./]*.$/.exec(r.q)[0]) : null, said(r.n));
const tags = list => list.filter(Boolean).map(name => [tag(name), ' ']);

function toCluster(id) {
  const a = make('a', { href: '#clusters' }, make('code', null, said(id)));
  a.addEventListener('click', () => { keep('clusters.q', id); keep('clusters.c', ''); tables.get('clusters').update(); });
  return a;
}

/* A column: heading, how to sort it (null: not), how to show it. */
const figure = (name, of, show) => ({ name, css: 'n', value: r => of(r) ?? -1, show: show || (r => String(of(r) ?? 0)) });
const word = (name, of, show) => ({ name, css: '', value: of, show });
const trend = { name: 'Trend', css: 'x', show: r => spark(r.y) };
const lists = {
  tests: { title: 'All tests that failed', kind: r => r.c, columns: [
    word('Test', r => (r.q || '') + r.n, label), word('Class', r => r.c, r => tag(r.c)),
    figure('Fails, raw', r => share(r.x).rate, r => ratio(share(r.x))), figure('Adjusted', r => share(r.a).low, r => rate(share(r.a))),
    figure('Tonight', r => share(r.o).rate, r => r.o ? r.o.split(' ', 2).join('/') : '–'), trend,
    word('Evidence', r => r.e, r => r.e === 'none' ? '–' : r.e), figure('Blocked', r => r.k), figure('Lost', r => r.l, r => span(r.l)), figure('Last failed', r => r.t, r => time(r.t))],
    detail: r => [make('p', { class: 'because' }, said(r.b)), r.m && r.r.every(x => x.x !== r.m) ? make('p', { class: 'log' }, make('code', null, said(r.m))) : null,
      r.r.map(example), counts(r.j), change(r.h), make('p', null, small(`Failed ${percent(share(r.p))} in the window before; first ${clock(r.f)}; evidence: ${plural(r.er || 0, 'retry').replace('rys', 'ries')}, `
      + `${r.es || 0} on the same code, ${r.ei || 0} isolated`), r.u ? [small('; cluster '), toCluster(r.u)] : null)] },
  clusters: { title: 'Clusters of failures', kind: r => r.k, columns: [
    word('They say', r => r.n || '', r => [tags([r.w && 'new', r.z && 'outage']), make('code', null, said(r.n))]),
    word('Cause', r => r.k, r => said(r.k)), figure('Tonight', r => r.o), figure('Failures', r => r.f), figure('Before', r => r.p),
    figure('Tests', r => r.q), figure('Jobs', r => r.j), trend, figure('First seen', r => r.s, r => time(r.s)), figure('Last', r => r.t, r => time(r.t))],
    detail: r => [r.r.map(example), counts(r.d), make('p', null, small('Cluster '), make('code', null, said(r.i)))] },
  jobs: { title: 'Jobs, those in trouble first', kind: r => r.c, columns: [
    word('Job', r => r.n, r => said(r.n)), word('Class', r => r.c, r => r.w ? tag('missing') : tag(r.c)), figure('Tonight', r => r.o),
    { name: 'Newest left', css: 'x', show: r => make('span', { class: 'strip' }, [...(r.e || '')].map(cell)) },
    figure('Passed, raw', r => share(r.x).rate, r => ratio(share(r.x))), figure('Adjusted', r => share(r.a).low, r => percent(share(r.a))),
    figure('Set apart', r => r.i), figure('Retry cures', r => share(r.v).rate, r => percent(share(r.v))),
    figure('To green', r => r.m, r => span(r.m)), figure('Median', r => r.d, r => span(r.d)), figure('Wasted', r => r.l, r => span(r.l))],
    detail: r => [make('p', { class: 'because' }, said(r.b)), make('p', null, r.g ? [said(r.g), '; '] : null,
      `${plural(r.q || 0, 'build')} in the window, ${plural(r.s || 0, 'retest')}; the newest ${r.k || 0} failed in a row; passed before ${percent(share(r.p))}`), change(r.h), r.r.map(example)] },
  builds: { title: 'Failed builds, newest first', kind: r => r.c, columns: [
    word('Build', r => r.r[0].j || '', r => build(r.r[0])), figure('Started', r => r.r[0].t, r => time(r.r[0].t)), word('Cause', r => r.k, r => said(r.k)),
    word('What happened', r => r.n || '', r => [said(r.n), excerpt(r.r[0])]), word('Advice', r => r.v, r => [r.v, ' ', r.f ? small(r.f + '\u00a0% sure') : null]),
    word('Also', r => r.w, r => [['I', 'infra'], ['~', 'flake'], ['O', 'outage'], ['B', 'bad build'], ['=', 'as before']]
      .filter(p => r.w.includes(p[0])).map(p => p[1]).join(', ')),
    figure('Failed tests', r => r.q), figure('Took', r => r.d, r => span(r.d))] },
};

class Table {
  constructor(key, table, columns, rows, limit) {
    Object.assign(this, { key, table, columns, rows, limit, body: $('tbody', table) });
    $$('thead tr:last-child th', table).forEach((th, i) => this.heading(th, i));
  }
  heading(th, i) {
    if (!this.columns[i] || !this.columns[i].value) return;
    const button = make('button', { type: 'button', class: 'sort' }, [...th.childNodes]);
    button.addEventListener('click', () => {
      const was = state.get(this.key + '.sort');
      const first = th.classList.contains('n') ? '-' + i : String(i), second = th.classList.contains('n') ? String(i) : '-' + i;
      keep(this.key + '.sort', was === first ? second : first);
      this.update();
      say(`Sorted by ${button.textContent}, ${th.getAttribute('aria-sort')}`);
    });
    th.replaceChildren(button);
    this.columns[i].th = th;
  }
  controls(kinds, more) {
    const id = this.key + '-q';
    const q = make('input', { type: 'search', id, autocomplete: 'off', spellcheck: 'false', placeholder: 'part of a name' });
    q.addEventListener('input', () => { keep(this.key + '.q', q.value); this.update(); });
    this.q = q;
    this.shown = make('span', { class: 'shown' });
    this.all = make('button', { type: 'button' }, 'Show all');
    this.all.addEventListener('click', () => { keep(this.key + '.all', '1'); this.update(); });
    const select = make('select', { id: this.key + '-c' }, make('option', { value: '' }, 'all'), kinds.map(k => make('option', { value: k }, k)));
    select.addEventListener('change', () => { keep(this.key + '.c', select.value); this.update(); });
    this.c = select;
    return make('div', { class: 'controls' }, make('span', null, make('label', { for: id }, 'Filter'), q),
      kinds.length > 1 ? make('span', null, make('label', { for: select.id }, 'Kind'), select) : null, more, this.shown, this.all);
  }
  chosen() {
    const typed = state.get(this.key + '.q') || '', q = typed.toLowerCase(), c = state.get(this.key + '.c') || '';
    if (this.q) { if (this.q.value !== typed) this.q.value = typed; this.c.value = c; }
    const rows = this.rows.filter(r => (!c || r.kind === c) && (!q || r.text().toLowerCase().includes(q)));
    const sort = /^(-?)(\d+)$/.exec(state.get(this.key + '.sort') || ''), column = sort && this.columns[sort[2]];
    for (const other of this.columns) if (other.th) other.th.removeAttribute('aria-sort');
    if (!column || !column.value) return rows;
    column.th.setAttribute('aria-sort', sort[1] ? 'descending' : 'ascending');
    const sign = sort[1] ? -1 : 1, by = new Map(rows.map(r => [r, r.value(sort[2])]));
    return rows.sort((a, b) => { const x = by.get(a), y = by.get(b); return x < y ? -sign : x > y ? sign : a.order - b.order; });
  }
  update() {
    const rows = this.chosen(), most = state.get(this.key + '.all') ? rows.length : this.limit;
    const list = rows.slice(0, most);
    this.body.replaceChildren(...list.flatMap(r => { r.el = r.el || r.make(); return r.detail && !r.detail.hidden ? [r.el, r.detail] : [r.el]; }));
    if (!this.shown) return;
    this.shown.textContent = `${list.length} of ${rows.length}` + (this.left ? `; ${this.left} more left out` : '');
    this.all.hidden = rows.length <= most;
  }
}
const tables = new Map();

function fromIsland(key) {
  const spec = lists[key], { rows, left } = night[key], place = $(`#${key}-place`);
  if (!rows.length) { place.replaceChildren(make('p', { class: 'none' }, 'Nothing to show.')); return; }
  const heads = spec.columns.map(c => make('th', { scope: 'col', class: c.css }, c.name));
  const el = make('table', { 'data-key': key }, make('caption', null, spec.title), make('thead', null, make('tr', null, heads)), make('tbody'));
  const table = new Table(key, el, spec.columns, rows.map((r, order) => {
    const row = { order, kind: spec.kind(r), value: i => spec.columns[i].value(r),
      text: () => [(r.q || '') + r.n, r.k, r.u, r.b, r.m, r.i, ...r.r.map(x => `${x.j} ${x.i}`)].join(' ') };
    row.make = () => make('tr', null, spec.columns.map((c, i) => i === 0
      ? make('th', { scope: 'row' }, make('div', { class: 'first' }, spec.detail ? opener(row, r.n || 'a cluster without text', () => spec.detail(r), spec.columns.length) : null, make('div', null, c.show(r))))
      : make('td', { class: c.css }, c.show(r))));
    return row;
  }), PAGE);
  table.left = left;
  place.replaceChildren(table.controls([...new Set(rows.map(spec.kind))]), scroller(el, spec.title));
  tables.set(table.key, table);
}

function opener(row, name, content, width) {
  const button = make('button', { type: 'button', class: 'open', 'aria-expanded': 'false', 'aria-label': 'Details of ' + name });
  button.addEventListener('click', () => {
    if (!row.detail) {
      row.detail = make('tr', { class: 'detail' }, make('td', { colspan: width }, content()));
      row.detail.hidden = true;
    }
    row.detail.hidden = !row.detail.hidden;
    button.setAttribute('aria-expanded', String(!row.detail.hidden));
    if (row.detail.hidden) row.detail.remove(); else row.el.after(row.detail);
  });
  return button;
}

/* A region that scrolls sideways must be reachable by keyboard. */
function scroller(el, name) {
  return make('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': name + ', table' }, el);
}

function fromServer(el) {
  const heads = $$('thead th', el);
  const columns = heads.map(th => ({ value: th.classList.contains('x') ? null : true }));
  const rows = $$('tbody tr', el).map((tr, order) => {
    const value = i => { const td = tr.children[i]; return td.dataset.v === undefined ? td.textContent.toLowerCase() : Number(td.dataset.v); };
    return { el: tr, order, value, text: () => tr.textContent };
  });
  const table = new Table(el.dataset.key, el, columns, rows, Infinity), box = el.parentElement;
  for (const [name, value] of [['tabindex', 0], ['role', 'region'], ['aria-label', $('caption', el).textContent + ', table']]) box.setAttribute(name, value);
  if (rows.length > 5) box.before(table.controls([]));
  tables.set(table.key, table);
}

/* ---- heat map ---- */

function heatHead(columns) {
  const days = [];
  for (const b of columns) {
    const day = clock(b.t).slice(0, 10), last = days[days.length - 1];
    if (last && last.day === day) last.count++; else days.push({ day, count: 1 });
  }
  const dayHead = d => make('th', { scope: 'colgroup', colspan: d.count, class: 'day', 'aria-label': d.day },
    d.count > 4 ? d.day : d.count > 2 ? d.day.slice(5) : '');
  const buildHead = b => {
    const a = link(b.u, clock(b.t).slice(11) || '–'), name = `${b.j || ''} #${b.i || ''}, ${clock(b.t)}`;
    if (isWeb(b.u)) a.setAttribute('aria-label', name);
    a.title = name;
    return make('th', { scope: 'col', class: 'build' }, a);
  };
  return make('thead', null, make('tr', null, make('td'), days.map(dayHead)),
    make('tr', null, make('th', { scope: 'col', class: 'corner' }, 'Test'), columns.map(buildHead)));
}

/* The map of the builds of one job, or of all. */
function heatTable(job) {
  const places = night.columns.rows.map((b, i) => i).filter(i => !job || night.columns.rows[i].j === job);
  const columns = places.map(i => night.columns.rows[i]);
  const lines = night.grid.rows.map(r => ({ r, letters: places.map(i => r.g[i]) })).filter(line => !job || line.letters.some(l => l !== ' '));
  const el = make('table', { class: 'heat' }, make('caption', null, 'Tests by builds, newest left'), heatHead(columns), make('tbody'));
  const table = new Table('heat', el, [], lines.map(({ r, letters }, order) => ({ order, kind: r.c, text: () => (r.q || '') + r.n, value: () => 0,
    make: () => make('tr', null, make('th', { scope: 'row' }, make('span', { class: 'name c-' + r.c, title: (r.q || '') + r.n }, narrow(r))),
      letters.map(l => make('td', { class: 'g g' + (css[l] || 'u') }, l === ' ' ? '' : l))) })), LINES);
  table.left = night.grid.left;
  table.probe = make('p', { class: 'probe', 'aria-hidden': true }, '\u00a0');
  el.addEventListener('mouseover', event => {
    const td = event.target.closest('td.g'), b = td && columns[td.cellIndex - 1];
    if (b) table.probe.textContent = `${td.parentElement.firstChild.firstChild.title} · ${b.j} #${b.i}, ${clock(b.t)} · ${pieces[td.textContent || ' ']}`;
  });
  el.addEventListener('click', event => {  /* a short way for the mouse: the head of the column has the link */
    const td = event.target.closest('td.g'), a = td && $('a', el.tHead.rows[1].cells[td.cellIndex]);
    if (a) a.click();
  });
  return table;
}

function heatMap() {
  const place = $('#heat-place'), jobs = [...new Set(night.columns.rows.map(b => b.j || ''))].sort();
  if (!night.grid.rows.length) { place.replaceChildren(make('p', { class: 'none' }, 'No test failed.')); return; }
  const job = jobs.includes(state.get('heat.j')) ? state.get('heat.j') : '', table = heatTable(job);
  const select = make('select', { id: 'heat-j' }, make('option', { value: '' }, 'all'), jobs.map(j => make('option', { value: j }, j)));
  select.value = job;
  select.addEventListener('change', () => { keep('heat.j', select.value); heatMap(); $('#heat-j').focus(); });
  const choice = jobs.length > 1 ? make('span', null, make('label', { for: 'heat-j' }, 'Job'), select) : null;
  const legend = make('ul', { class: 'legend', 'aria-label': 'Letters of the heat map' },
    ['P', 'F', 'E', '~', 'S', 'U'].map(l => make('li', null, cell(l), ' ' + pieces[l])), make('li', null, 'blank: not run'));
  const builds = night.columns.left ? make('p', { class: 'rest' }, `${plural(night.columns.left, 'older build')} left out.`) : '';
  place.replaceChildren(table.controls([...new Set(night.grid.rows.map(r => r.c))], choice), legend, scroller(table.table, 'Heat map'), table.probe, builds);
  tables.set('heat', table);
  table.update();
}

/* ---- copy as Markdown: what others wrote stands in code, where nothing is a link or a mention ---- */

function code(text, inCell) {
  const line = text.trim().replace(/\s+/g, ' '), safe = inCell ? line.replace(/[|\\`]/g, '/') : line;
  if (!safe) return '';
  const fence = '`'.repeat(1 + Math.max(0, ...(safe.match(/`+/g) || []).map(run => run.length)));
  return fence.length > 1 ? `${fence} ${safe} ${fence}` : '`' + safe + '`';
}
function inline(node, inCell) {
  return [...node.childNodes].map(n => {
    if (n.nodeType === 3) return n.data.replace(/\s+/g, ' ');
    if (n.nodeType !== 1 || n.matches('svg, input, .open, .away')) return '';
    if (n.matches('.test, .cause, .u')) return code(n.textContent, inCell);
    const text = inline(n, inCell), pad = n.matches('small, p, div, li, br, strong, .tag') ? ' ' : '';
    if (n.matches('a') && isWeb(n.href)) return `[${text}](${n.href.replace(/\(/g, '%28').replace(/\)/g, '%29')})`;
    return pad + (n.matches('b, strong, .tag') && text.trim() ? `**${text.trim()}**` : text) + pad;
  }).join('').replace(/ {2,}/g, ' ');
}
function markdownTable(el) {
  const line = cells => '| ' + cells.map(c => inline(c, true).trim().replace(/\n/g, ' ')).join(' | ') + ' |';
  const head = $$('thead tr:last-child > *', el);
  return [line(head), '|' + ' --- |'.repeat(head.length), ...$$('tbody tr:not(.detail)', el).map(tr => line([...tr.children]))].join('\n');
}
function markdown(section) {
  const parts = [];
  for (const el of $$('h2, h3, .verdict, .tile, .changes li, .items > li, table, .none, .because, .alarm > p, .lines > li, .checks > div', section)) {
    if (el.closest('.detail') || el.parentElement.closest('.item, table')) continue;
    if (el.matches('h2')) parts.push('\n## ' + inline(el).trim() + '\n');
    else if (el.matches('h3')) parts.push('\n### ' + inline(el).trim() + '\n');
    else if (el.matches('table')) parts.push(markdownTable(el) + '\n');
    else if (el.matches('.item')) parts.push('- ' + inline($('h3', el)).trim() + ' ' + inline($('.fig', el)).trim() + '\n  ' + inline($('.because', el)).trim()
      + $$('.example, .item > .log', el).map(e => '\n  - ' + inline(e).trim()).join(''));
    else if (el.matches('.tile, li, .checks > div')) parts.push('- ' + inline(el).trim());
    else parts.push(inline(el).trim() + '\n');
  }
  return parts.join('\n').trim() + '\n';
}
async function copy(text, what) {
  try { await navigator.clipboard.writeText(text); } catch {
    const box = make('textarea', { class: 'away', 'aria-hidden': true });
    box.value = text;
    document.body.append(box);
    box.select();
    document.execCommand('copy');
    box.remove();
  }
  say(`Copied ${what} as Markdown`);
}

/* ---- the page ---- */

function theme() {
  const wanted = state.get('theme');
  document.documentElement.dataset.theme = wanted === 'dark' || wanted === 'light' ? wanted : 'auto';
  $('#theme').textContent = 'Theme: ' + document.documentElement.dataset.theme;
}

function go(id, focus) {
  const target = /^[a-z]+$/.test(id || '') ? document.getElementById(id) : null;
  if (!target) return;
  target.scrollIntoView(focus ? {} : { behavior: 'instant' });
  if (focus) target.focus({ preventScroll: true });
}

function tools() {
  const themes = make('button', { type: 'button', id: 'theme' });
  themes.addEventListener('click', () => {
    keep('theme', { auto: 'light', light: 'dark', dark: '' }[document.documentElement.dataset.theme]);
    theme();
    say(themes.textContent);
  });
  const all = make('button', { type: 'button', id: 'copy' }, 'Copy summary');
  all.addEventListener('click', () => copy(['alarm', 'headline', 'broken', 'new', 'worse', 'flaky', 'causes']
    .map(id => document.getElementById(id)).filter(Boolean).map(markdown).join('\n'), 'the summary'));
  $('#tools').append(all, themes);
  for (const section of $$('main > section:not(#alarm, #headline)')) {
    const name = $('h2', section).textContent, button = make('button', { type: 'button', class: 'copy', 'aria-label': `Copy ${name} as Markdown` }, 'Copy');
    button.addEventListener('click', () => copy(markdown(section), name));
    $('.sh', section).append(button);
  }
  document.addEventListener('click', event => {
    const a = event.target.closest('a[href^="#"]');
    if (!a) return;
    event.preventDefault();
    keep('at', a.getAttribute('href').slice(1));
    go(state.get('at'), true);
  });
}

function show() {
  readState();
  theme();
  heatMap();
  tables.forEach(t => t.update());
  go(state.get('at'), false);
}

for (const el of $$('.u')) el.textContent = el.textContent.replace(/[\ufe64\ufe65\ufe60]/g, c => ({ '\ufe64': '<', '\ufe65': '>', '\ufe60': '\u0026' })[c]);
for (const el of $$('.suite > .u')) el.replaceChildren(...breakable(el.textContent).flat());
tools();
$$('table[data-key]').forEach(fromServer);
['tests', 'clusters', 'jobs', 'builds'].forEach(fromIsland);
addEventListener('hashchange', show);
show();
document.documentElement.dataset.ready = 'yes';
})();
