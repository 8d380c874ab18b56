/// The controls that come with the product, as YAML. They are Swift text because a resource bundle that is missing would trap.
enum ControlTexts {}
