/* The dry run on the edit page: asks the server, draws its numbers on the cards of the tree, follows examples. */
(function () {
  'use strict';
  const { Controller } = window.StimulusModule;

  class DryRunController extends Controller {
    static targets = ['period', 'who', 'run', 'clear', 'status', 'results', 'person', 'way'];
    static values = { url: String, words: Object };

    get tree() { return this.element.querySelector('[data-wa-campaign-tree-target=input]').campaignTree; }

    connect() {
      this.stale = (e) => {
        if (this.tree?.foreseen && e.target === this.tree.inputTarget) this.say(this.wordsValue.stale);
      };
      this.element.addEventListener('change', this.stale);
    }

    disconnect() { this.element.removeEventListener('change', this.stale); }

    say(text) { this.statusTarget.textContent = text; }

    /* what stands in the page's form, saved or not; where there is none, the campaign as it was saved */
    body() {
      const form = this.tree.form;
      const body = form ? new FormData(form) : new FormData();
      const [mode, days] = this.periodTarget.value.split(':');
      body.append('dry_mode', mode);
      body.append('dry_days', days);
      body.append('dry_people', this.whoTarget.value);
      return body;
    }

    async run() {
      this.runTarget.setAttribute('aria-disabled', 'true');
      if (this.running) return;
      this.running = true;
      this.say(this.wordsValue.running);
      try {
        const res = await fetch(this.urlValue, { method: 'POST', headers: { 'X-CSRFToken': window.wagtailConfig.CSRF_TOKEN }, body: this.body() });
        const found = await res.json();
        if (res.ok) this.show(found); else this.refuse(found);
      } catch { this.say(this.wordsValue.failed); }
      this.running = false;
      this.runTarget.removeAttribute('aria-disabled');
    }

    refuse(found) {
      this.clear();
      this.say(found.error || this.wordsValue.failed);
      const { tree } = this;
      if (!found.errors) return;
      tree.state = { ...tree.state, errors: found.errors };
      tree.treeErrors = found.treeErrors;
      tree.render();
      tree.openProblems(true);
    }

    show(found) {
      const { tree } = this;
      if (!tree.paintLive) {
        tree.paintLive = tree.paintStats;
        tree.paintStats = (root = tree.flow) => (tree.foreseen ? this.paint(root) : tree.paintLive(root));
      }
      tree.foreseen = found;
      tree.way = null;
      this.element.classList.add('wa-dry--on');
      this.resultsTarget.innerHTML = found.html;
      this.clearTarget.hidden = false;
      tree.render();
      this.say(found.summary);
      this.statusTarget.append(' ', window.waTree.h('a', { href: '#wa-dry-heading' }, this.wordsValue.details));
    }

    clear() {
      const { tree } = this;
      this.element.classList.remove('wa-dry--on');
      this.resultsTarget.replaceChildren();
      if (document.activeElement === this.clearTarget) this.runTarget.focus();
      this.clearTarget.hidden = true;
      this.say('');
      if (!tree.foreseen) return;
      tree.foreseen = null;
      tree.way = null;
      tree.render();
    }

    paint(root) {
      const { tree } = this;
      const { steps, branches } = tree.foreseen;
      root.querySelectorAll('[data-stats]').forEach((el) => {
        const range = steps[el.dataset.stats];
        const label = this.wordsValue.people.replace('{range}', range);
        el.replaceChildren(...(range === undefined ? [] : [window.waTree.h('span.ct-foreseen', { title: label }, window.waTree.icon('view'), range)]));
      });
      root.querySelectorAll('[data-branch]').forEach((el) => { el.textContent = branches[el.dataset.branch] ?? ''; });
      if (tree.totals) tree.totals.hidden = true;
    }

    /* the way of an example on the cards, as the editor draws that of a lead */
    follow(e) {
      const { tree } = this;
      const index = e.currentTarget.dataset.example;
      const example = tree.foreseen.examples[index];
      const select = this.wayTargets.find((el) => el.dataset.example === index);
      const way = example.ways[Number(select?.value || 0)];
      this.personTargets.forEach((el) => el.setAttribute('aria-pressed', String(el.dataset.example === index)));
      tree.way = { name: example.name, url: null, status: way.status, trigger: null, entries: way.entries };
      const ids = new Set(way.entries.map((x) => x.step));
      tree.state.steps.filter((s) => ids.has(s.id)).forEach((s) => tree.uncover(s.id));
      tree.render();
      const first = way.entries.find((x) => tree.step(x.step));
      if (first) tree.reveal(tree.el(first.step));
      tree.element.scrollIntoView({ block: 'nearest' });
      this.say(`${example.name}: ${way.status}`);
    }
  }

  window.wagtail.app.register('wa-dry-run', DryRunController);
})();
