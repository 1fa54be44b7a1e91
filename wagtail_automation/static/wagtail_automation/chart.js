/* Draws the table below it with Chart.js, in the colours of the admin's theme. Without script the table remains. */
(function () {
  'use strict';

  /* Chart.js, once for all charts of a page */
  let library = null;
  function load(src) {
    library ??= new Promise((done, failed) => {
      const script = document.createElement('script');
      Object.assign(script, { src, onload: done, onerror: failed });
      document.head.append(script);
    });
    return library;
  }

  class ChartController extends window.StimulusModule.Controller {
    static targets = ['canvas', 'table', 'ink', 'line', 'grid'];
    static values = { kind: { type: String, default: 'line' }, library: String };

    async connect() {
      try { await load(this.libraryValue); } catch { return; } // the table says the same
      if (!this.element.isConnected) return;
      this.redraw = () => this.draw();
      this.scheme = window.matchMedia('(prefers-color-scheme: dark)');
      this.scheme.addEventListener('change', this.redraw);
      this.watch = new MutationObserver(this.redraw);
      this.watch.observe(document.documentElement, { attributes: true, attributeFilter: ['class'] });
      this.draw();
    }

    disconnect() {
      this.scheme?.removeEventListener('change', this.redraw);
      this.watch?.disconnect();
      this.chart?.destroy();
    }

    /* The theme's tokens may hold anything CSS knows; a canvas wants the colour they come to. */
    colour(target) {
      return window.getComputedStyle(target).color;
    }

    rows() {
      const read = (row) => ({ label: row.dataset.label, value: Number(row.dataset.value) });
      const rows = [...this.tableTarget.querySelectorAll('tr[data-value]')].map(read);
      return this.kindValue === 'line' ? rows.reverse() : rows;
    }

    draw() {
      this.chart?.destroy();
      const rows = this.rows();
      const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
      const ink = this.colour(this.inkTarget);
      const line = this.colour(this.lineTarget);
      const grid = this.colour(this.gridTarget);
      const bars = this.kindValue === 'bar';
      // every bar with its name, however many
      if (bars) this.canvasTarget.parentElement.style.height = `${Math.max(170, rows.length * 24 + 40)}px`;
      const number = { beginAtZero: true, ticks: { color: ink, precision: 0, maxTicksLimit: 6 }, grid: { color: grid } };
      const names = { ticks: { color: ink, maxRotation: 0, autoSkip: !bars, autoSkipPadding: 16 }, grid: { display: false } };
      this.chart = new window.Chart(this.canvasTarget, {
        type: bars ? 'bar' : 'line',
        data: {
          labels: rows.map((row) => row.label),
          datasets: [{
            label: this.canvasTarget.getAttribute('aria-label'),
            data: rows.map((row) => row.value),
            borderColor: line,
            backgroundColor: line,
            borderWidth: bars ? 0 : 2,
            pointRadius: rows.length > 60 ? 0 : 3,
            maxBarThickness: 28,
            tension: 0,
          }],
        },
        options: {
          locale: document.documentElement.lang || undefined,
          animation: still ? false : { duration: 250 },
          indexAxis: bars ? 'y' : 'x',
          maintainAspectRatio: false,
          plugins: { legend: { display: false } },
          scales: bars ? { x: number, y: names } : { x: names, y: number },
        },
      });
    }
  }

  window.wagtail.app.register('wa-chart', ChartController);
})();
