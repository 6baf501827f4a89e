"use strict";
// Shows the report that stands in the page. Everything from AWS goes through textContent: it is never markup.
(() => {
  const PAGE = 100;
  const report = JSON.parse(document.getElementById("report").textContent);
  const byId = (id) => document.getElementById(id);
  const words = (text) => text.replaceAll("_", " ");
  const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

  // An element with a class, text, and children.
  const make = (name, { className, text } = {}, ...children) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    element.append(...children.filter((child) => child));
    return element;
  };

  const table = (columns, rows) => {
    const head = make("tr", {}, ...columns.map((column) => {
      const cell = make("th", { text: column });
      cell.scope = "col";
      return cell;
    }));
    const body = rows.map((cells) => make("tr", {}, ...cells.map((cell) =>
      cell instanceof Node ? make("td", {}, cell) : make("td", { text: cell }))));
    const box = make("div", { className: "table" }, make("table", {}, make("thead", {}, head), make("tbody", {}, ...body)));
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", columns.join(", "));
    return box;
  };

  const chip = (kind) => make("span", { className: `chip ${kind}`, text: words(kind) });
  const folded = (title, content) => make("details", {}, make("summary", { text: title }), content);

  const showHead = () => {
    const { scan, summary } = report;
    const lines = [
      ["Account", scan.accounts.join(", ")],
      ["Region", `${scan.regions.join(", ")} and global services`],
      ["When", `${scan.startedAt.slice(0, 19).replace("T", " ")} UTC`],
      ["Controls", `${summary.controls} run, by version ${report.tool.version}`],
      ["Findings", Object.entries(summary.byStatus).filter(([, count]) => count).map(([status, count]) => `${count} ${words(status)}`).join(", ") || "none"],
    ];
    lines.forEach(([name, text]) => byId("scan").append(make("dt", { text: name }), make("dd", { text })));
    const whole = scan.complete && report.errors.length === 0;
    const result = byId("result");
    result.className = whole ? "complete" : "incomplete";
    result.textContent = whole
      ? "Complete: every call that was needed was answered."
      : `Incomplete: ${counted(report.gaps.length, "call")} without an answer, ${counted(report.errors.length, "evaluation")} in error. What was not seen does not count as good.`;
  };

  const showCoverage = () => {
    const box = byId("gaps");
    if (!report.gaps.length && !report.errors.length) box.append(make("p", { text: "Every call was answered, and every control was evaluated." }));
    if (report.gaps.length) {
      box.append(table(["Call", "Account", "Region", "Why", "Leaves open"], report.gaps.map((gap) =>
        [make("code", { text: gap.action }), gap.accountId, make("span", { className: "account", text: gap.region }), `${words(gap.kind)}: ${gap.error}`, gap.controls.join(", ")])));
    }
    if (report.errors.length) {
      box.append(table(["Control in error", "Resource", "Message"], report.errors.map((error) =>
        [error.control, make("code", { text: error.arn }), error.message])));
    }
  };

  const showClaims = () => {
    const box = byId("claim-list");
    const row = (claim) => [chip(claim.verdict), claim.says, claim.reason];
    const open = report.claims.filter((claim) => !["holds", "not_auditable"].includes(claim.verdict));
    const rest = report.claims.filter((claim) => !open.includes(claim));
    if (open.length) box.append(table(["Verdict", "Claim", "Why"], open.map(row)));
    if (rest.length) box.append(folded(`${rest.length} that hold or that nobody can audit`, table(["Verdict", "Claim", "Why"], rest.map(row))));
    if (!report.claims.length) box.append(make("p", { text: "No claim was judged." }));
  };

  const controls = new Map(report.controls.map((control) => [control.id, control]));

  const detail = (finding) => {
    const control = controls.get(finding.control);
    const box = make("div", { className: "detail" });
    const part = (title, ...content) => box.append(make("h3", { text: title }), ...content);
    part("Resource", make("p", { className: "mono", text: finding.resource.arn }),
      make("p", { className: "quiet", text: `${finding.resource.resourceType}, account ${finding.resource.accountId}, ${finding.resource.region}` }));
    finding.violations.forEach((violation) => {
      part(violation.path || "What is wrong", make("p", { text: violation.message }));
      if (violation.proof.length) box.append(make("ol", {}, ...violation.proof.map((hop) => make("li", { text: hop }))));
    });
    if (finding.reasons.length) part("Why", make("ul", {}, ...finding.reasons.map((reason) => make("li", { text: reason }))));
    if (control) {
      part("What goes wrong otherwise", make("p", { text: control.description }));
      part("What to do", make("p", { text: control.remediation }));
      const frameworks = Object.entries(control.frameworks).map(([name, ids]) => `${name}: ${ids.join(", ")}`);
      if (frameworks.length) part("Frameworks", make("p", { text: frameworks.join("; ") }));
    }
    if (finding.evidence.length) part("Rests on", make("ul", {}, ...finding.evidence.map((call) =>
      make("li", { text: `${call.action}, answered ${call.capturedAt}` }))));
    part("Fingerprint", make("p", { className: "mono", text: finding.fingerprint }));
    return box;
  };

  const item = (finding) => {
    const entry = make("details", {}, make("summary", {},
      chip(finding.status), make("span", { className: "chip", text: finding.severity }),
      ...(finding.baselineState ? [make("span", { className: "chip", text: finding.baselineState })] : []),
      make("code", { text: finding.control }), make("span", { className: "mono", text: finding.resource.name }),
      make("span", { className: "title", text: finding.title })));
    // What is folded away is made when somebody looks: ten thousand of them would take seconds.
    entry.addEventListener("toggle", () => {
      if (entry.open && entry.children.length === 1) entry.append(detail(finding));
    });
    return make("li", {}, entry);
  };

  const order = { status: ["fail", "unknown", "waived", "pass", "not_applicable"], severity: ["critical", "high", "medium", "low", "info"] };
  const haystack = report.findings.map((finding) => [finding.control, finding.name, finding.title, finding.layer,
    finding.resource.arn, finding.resource.name, ...finding.violations.map((violation) => violation.message), ...finding.reasons].join("\n").toLowerCase());
  let found = [];
  let shown = 0;

  const showMore = () => {
    const next = found.slice(shown, shown + PAGE);
    byId("list").append(...next.map(item));
    shown += next.length;
    byId("more").hidden = shown >= found.length;
    byId("count").textContent = `${found.length} of ${report.findings.length} findings${shown < found.length ? `, the first ${shown} shown` : ""}`;
  };

  const filter = () => {
    const text = byId("text").value.trim().toLowerCase();
    const wanted = ["status", "severity", "layer"].map((key) => [key, byId(key).value]).filter(([, value]) => value);
    found = report.findings.filter((finding, index) =>
      wanted.every(([key, value]) => (value === "open" ? ["fail", "unknown"].includes(finding.status) : finding[key] === value))
      && (!text || haystack[index].includes(text)));
    shown = 0;
    byId("list").replaceChildren();
    showMore();
  };

  const choices = (key, all, first) => {
    const present = new Set(report.findings.map((finding) => finding[key]));
    const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    byId(key).append(...first, ...all.filter((value) => present.has(value)).map((value) => option(value, words(value))));
  };

  const showFindings = () => {
    const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    choices("status", order.status, [option("open", "fail and unknown"), option("", "all")]);
    choices("severity", order.severity, [option("", "all")]);
    choices("layer", [...new Set(report.findings.map((finding) => finding.layer))].sort(), [option("", "all")]);
    let waiting;
    byId("filters").addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(filter, 120);
    });
    byId("filters").addEventListener("reset", () => setTimeout(filter));
    byId("filters").addEventListener("submit", (event) => event.preventDefault());
    byId("more").addEventListener("click", showMore);
    filter();
  };

  const theme = () => {
    const button = byId("theme");
    const set = (dark) => {
      document.documentElement.dataset.theme = dark ? "dark" : "light";
      button.setAttribute("aria-pressed", String(dark));
    };
    set(matchMedia("(prefers-color-scheme: dark)").matches);
    button.addEventListener("click", () => set(document.documentElement.dataset.theme !== "dark"));
  };

  theme();
  showHead();
  showCoverage();
  showClaims();
  showFindings();
})();
