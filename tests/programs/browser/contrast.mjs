// How well the texts of a page are told from what is behind them, as WCAG 2 measures it.

/// One line for each text that is too faint. It runs in the page, so that it can use nothing from outside of itself.
export function faintTexts() {
  const white = [255, 255, 255];
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
  const over = ([red, green, blue, alpha = 1], ground) =>
    [red, green, blue].map((value, channel) => value * alpha + ground[channel] * (1 - alpha));
  const luminance = (colour) => {
    const [red, green, blue] = colour.map((value) => value / 255)
      .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const ground = (element) => {
    const behind = element.parentElement ? ground(element.parentElement) : white;
    return over(channels(getComputedStyle(element).backgroundColor), behind);
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
    const text = texts.map((node) => node.data).join("").trim();
    const isShown = element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (text === "" || !isShown || element.matches(":disabled")) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(element);
    const behind = ground(element);
    const ratio = contrast(over(channels(color), behind), behind);
    // 18 points, or 14 where they are bold.
    const isLarge = parseFloat(fontSize) >= (Number(fontWeight) >= 700 ? 18.66 : 24);
    if (ratio < (isLarge ? 3 : 4.5)) {
      faint.push(`${ratio.toFixed(1)}: ${element.tagName.toLowerCase()} of class "${element.className}", "${text.slice(0, 40)}"`);
    }
  }
  return faint;
}
