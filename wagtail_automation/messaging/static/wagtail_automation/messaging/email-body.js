/* The body of an email in the editor: a block whose type is unknown is shown and kept, but cannot be added. */
(() => {
  const { StreamBlockDefinition } = window.wagtailStreamField.blocks;

  class EmailBodyDefinition extends StreamBlockDefinition {
    constructor(name, groups, initialStates, meta) {
      super(name, groups, initialStates, meta);
      this.groupedChildBlockDefs = groups
        .map(([label, blocks]) => [label, blocks.filter((block) => block.name !== "_unknown")])
        .filter(([, blocks]) => blocks.length);
    }
  }

  window.telepath.register("wagtail_automation.messaging.EmailBody", EmailBodyDefinition);
})();
