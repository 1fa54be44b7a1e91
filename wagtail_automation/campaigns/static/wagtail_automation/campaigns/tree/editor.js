/* The campaign tree editor: a Stimulus controller in Wagtail's own application. No build step. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { Controller } = window.StimulusModule;
  /* a tree of more steps begins with its deep branches folded */
  const MOST_DRAWN = 60;
  const CLIP_EVENTS = ['copy', 'cut', 'paste'];

  /* Wagtail sets the width of its side panel on the root when the page is drawn, and the browser then looks at every
   * element again. Where the same width is set before there is anything to look at, that is no change. */
  function settleSidePanel() {
    const side = document.querySelector('[data-form-side]');
    if (!side) return;
    const { minWidth, maxWidth } = getComputedStyle(side);
    const kept = localStorage.getItem('wagtail:side-panel-width');
    const width = Math.trunc(Math.max(parseFloat(minWidth), Math.min(kept, parseFloat(maxWidth))));
    if (width) document.documentElement.style.setProperty('--side-panel-width', `${width}px`);
  }

  class CampaignTreeController extends Controller {
    static targets = ['input', 'ui'];
    static values = { dataId: String };

    connect() {
      const read = (id) => JSON.parse(document.getElementById(id).textContent);
      const d = read(this.dataIdValue), palette = read('wa-tree-palette');
      let presets; // read when they are first asked for
      Object.defineProperty(this, 'presets', { get: () => (presets ??= read('wa-tree-presets')) });
      this.t = waTree.texts(palette.strings);
      this.types = Object.assign(Object.create(null), Object.fromEntries(palette.types.map((x) => [x.name, x])));
      this.ranks = d.ranks;
      this.urls = d.urls;
      this.media = d.media;
      this.scripts = d.scripts;
      window.waLater.whenIdle(d.media);
      this.readOnly = d.readOnly;
      this.counted = d.counted;
      this.treeErrors = d.treeErrors;
      // as the server wrote it, also where the browser put in what was typed before
      const steps = d.readable ? JSON.parse(this.inputTarget.defaultValue) : [];
      this.state = { steps, info: d.info, errors: d.errors };
      this.past = [];
      this.future = [];
      this.collapsed = new Set(waTree.model.foldsFor(steps, (s) => this.branches(s), MOST_DRAWN));
      this.stats = { steps: {}, branches: {}, totals: {} };
      this.way = null;
      this.current = null;
      this.zoom = 1;
      try { settleSidePanel(); } catch { /* without storage Wagtail keeps no width either */ }
      this.buildChrome();
      this.render();
      this.startMap();
      this.loadStats();
      this.onSubmit = this.onSubmit.bind(this);
      this.onResize = () => { this.fitBar(); this.overlap(); };
      addEventListener('resize', this.onResize);
      // what stands in an open drawer is not in the page's form yet
      this.onLeave = (e) => { if (this.drawerDirty()) e.preventDefault(); };
      addEventListener('beforeunload', this.onLeave);
      this.onClip = this.onClip.bind(this);
      for (const name of CLIP_EVENTS) document.addEventListener(name, this.onClip);
      this.form = this.element.closest('form');
      this.form?.addEventListener('submit', this.onSubmit, true);
      this.inputTarget.campaignTree = this;
      this.openAt(d);
    }

    disconnect() {
      removeEventListener('resize', this.onResize);
      removeEventListener('beforeunload', this.onLeave);
      for (const name of CLIP_EVENTS) document.removeEventListener(name, this.onClip);
      this.form?.removeEventListener('submit', this.onSubmit, true);
      this.drawer?.remove();
      this.picker?.remove();
      this.menu?.remove();
      this.pictures?.menu?.remove();
      this.map?.stop();
      document.body.classList.remove('ct-full-page');
    }

    /* at the first error of a refused save, else at the step a link names, else in the middle */
    openAt(d) {
      const wrong = Object.keys(d.errors).find((id) => !d.errors[id].fresh) || (d.treeErrors.length && 'tree');
      requestAnimationFrame(() => {
        this.drawLinks(); // the tab was closed when the tree was drawn: nothing could be measured
        if (wrong) { this.focusItem(wrong, true); this.openProblems(true); return; }
        this.centre();
        this.followHash(d.name);
        const who = new URLSearchParams(location.search).get('follow');
        if (who && this.urls.way && /^\d+$/.test(who)) this.follow(who);
      });
    }

    /* links from Wagtail's usage reports: #:w:contentpath=tree.<uuid>.config.email */
    followHash(name) {
      const m = decodeURIComponent(location.hash).match(/^#:w:contentpath=([^.]+)\.([^.]+)/);
      if (m && m[1] === name && this.step(m[2])) { this.focusItem(m[2], true); this.openDrawer(m[2]); }
    }
  }

  for (const part of ['facts', 'changes', 'clipboard', 'chrome', 'paint', 'links', 'numbers', 'following', 'navigate', 'pointer', 'menu', 'asking', 'picking', 'patience', 'drawing']) {
    Object.assign(CampaignTreeController.prototype, waTree[part]);
  }
  window.wagtail.app.register('wa-campaign-tree', CampaignTreeController);
  window.wagtail.app.register('wa-step-form', waTree.StepFormController);
  window.wagtail.app.register('wa-step-chooser', waTree.StepChooserController);
})();
