/* Stimulus controllers for what appears inside the drawer. */
(function () {
  'use strict';
  const waTree = window.waTree;
  const { Controller } = window.StimulusModule;
  const { h } = waTree;

  /* Builds one step's block form. Wagtail's own w-block only supports a StreamBlock at the top. */
  waTree.StepFormController = class extends Controller {
    static values = { data: Object, arguments: Array };
    connect() {
      if (this.element.stepBlock) return;
      const def = window.telepath.unpack(this.dataValue);
      def.collapsible = false; // the drawer is the panel
      const spot = h('div');
      this.element.append(spot);
      this.element.stepBlock = def.render(window.jQuery(spot), 'step', ...this.argumentsValue);
      this.dispatch('ready');
    }
  };

  /* A list of all steps in the tree, for fields that refer to a step. */
  waTree.StepChooserController = class extends Controller {
    connect() {
      const tree = document.querySelector('[data-wa-campaign-tree-target=input]')?.campaignTree;
      if (!tree || this.select) return;
      const { t } = tree;
      this.element.type = 'hidden';
      const steps = tree.state.steps.filter((s) => s.id !== tree.drawerId && !tree.isSource(s));
      this.select = h('select', { id: `${this.element.id}-select`, 'aria-label': t('step'), onchange: (e) => { this.element.value = e.target.value; } },
        h('option', { value: '' }, t('chooseStep')),
        steps.map((s) => h('option', { value: s.id, selected: s.id === this.element.value }, [tree.title(s), tree.summaryOf(s)].filter(Boolean).join(' · '))));
      this.element.after(this.select);
    }
  };
})();
