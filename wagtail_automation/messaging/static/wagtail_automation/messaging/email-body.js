/* The body of an email in the editor: what is not offered is shown and kept, but cannot be added –
   blocks whose type is unknown, and those that this person may not write. */
(() => {
  const { StreamBlockDefinition } = window.wagtailStreamField.blocks;

  const notOffered = () => {
    const place = document.querySelector("[data-wa-withheld]");
    return ["_unknown", ...(place ? place.dataset.waWithheld.split(" ") : [])];
  };

  class EmailBodyDefinition extends StreamBlockDefinition {
    constructor(name, groups, initialStates, meta) {
      super(name, groups, initialStates, meta);
      const left = notOffered();
      this.groupedChildBlockDefs = groups
        .map(([label, blocks]) => [label, blocks.filter((block) => !left.includes(block.name))])
        .filter(([, blocks]) => blocks.length);
    }
  }

  window.telepath.register("wagtail_automation.messaging.EmailBody", EmailBodyDefinition);
})();
