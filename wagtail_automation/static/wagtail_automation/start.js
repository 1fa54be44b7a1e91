/* Starts Wagtail's own widgets where a strict content security policy refuses their inline scripts. */
(function () {
  'use strict';
  const KNOWN = ['Chooser', 'ImageChooser', 'InlinePanel', 'PageChooser', 'SnippetChooser'];

  class StartController extends window.StimulusModule.Controller {
    static values = { name: String, arguments: Array };

    connect() {
      if (this.started || !KNOWN.includes(this.nameValue)) return;
      this.started = true;
      const start = () => Reflect.construct(window[this.nameValue], this.argumentsValue);
      // the widget's own script may stand below this one
      if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start, { once: true });
      else start();
    }
  }

  window.wagtail.app.register('wa-start', StartController);
})();
