/* A StreamBlock whose blocks may be unavailable: those are shown and kept, but nobody can add one. */
(function () {
  "use strict";
  const { StreamBlockDefinition } = window.wagtailStreamField.blocks;

  class RegistryStreamBlockDefinition extends StreamBlockDefinition {
    constructor(name, grouped, ...rest) {
      super(name, grouped, ...rest);
      this.groupedChildBlockDefs = this.groupedChildBlockDefs
        .map(([group, blocks]) => [group, blocks.filter((block) => block.name !== "_unknown")])
        .filter(([, blocks]) => blocks.length);
    }
  }
  window.telepath.register("wagtail_automation.RegistryStreamBlock", RegistryStreamBlockDefinition);
})();
