import { formatNetwork, networkOf, parseHost, parseMac, parseNetwork } from "./addresses.ts";
import { invalid } from "./errors.ts";
import type { Field, Json } from "./model.ts";
import { str, typeName } from "./python.ts";

const fail = (...messages: string[]): never => {
  throw invalid(messages);
};

const readText = (field: Field, value: Json): string => {
  if (typeof value !== "string" && typeof value !== "number") fail("Not a valid string.");
  const given = String(value).trim();
  const trimmed = field.lower ? given.toLowerCase() : given;
  if (trimmed.includes("\u0000")) fail("Null characters are not allowed.");
  if (trimmed === "" && field.blank !== true) fail("This field may not be blank.");
  const long = field.max !== undefined && [...trimmed].length > field.max;
  if (long) fail(`Ensure this field has no more than ${field.max} characters.`);
  if (trimmed === "" || !field.pattern) return trimmed;
  const [form, ...messages] = field.pattern;
  return form.test(trimmed) ? trimmed : fail(...messages);
};

const SLUG = /^[-a-zA-Z0-9_]+$/;
const BAD_SLUG = 'Enter a valid "slug" consisting of letters, numbers, underscores or hyphens.';

const readSlug = (field: Field, value: Json): string => readText({ pattern: [SLUG, BAD_SLUG], ...field }, value);

const readColor = (value: Json): string => {
  const color = str(value);
  if (color === "") return fail("This field may not be blank.");
  const messages: string[] = [];
  if (!/^[0-9a-f]{6}$/.test(color)) messages.push("Enter a valid hexadecimal RGB color code.");
  if (color.length > 6) messages.push("Ensure this field has no more than 6 characters.");
  return messages.length > 0 ? fail(...messages) : color;
};

/** The limits of 64 bits, which numbers of JavaScript cannot hold. */
const MAX_64_BITS = "9223372036854775807";

const isTooLarge = (max: number, value: number) => (Number.isSafeInteger(max) ? value > max : value >= max);

const within = (field: Field, value: number): number => {
  const { min, max } = field;
  if (min !== undefined && value < min) fail(`Ensure this value is greater than or equal to ${min}.`);
  if (max !== undefined && isTooLarge(max, value)) {
    fail(`Ensure this value is less than or equal to ${Number.isSafeInteger(max) ? max : MAX_64_BITS}.`);
  }
  return value;
};

const readInteger = (field: Field, value: Json): number => {
  const digits = typeof value === "number" || typeof value === "string" ? String(value).trim() : "";
  const words = field.max !== undefined && !Number.isSafeInteger(field.max) ? "biginteger" : "integer";
  return /^[+-]?\d+(\.0*)?$/.test(digits) ? within(field, Number(digits)) : fail(`A valid ${words} is required.`);
};

const readFloat = (field: Field, value: Json): number => {
  const number = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  return value === "" || Number.isNaN(number) ? fail("A valid number is required.") : within(field, number);
};

/** What Django says of the smallest number of vCPUs: the float 0.01, in full. */
const ONE_HUNDREDTH = "0.01000000000000000020816681711721685132943093776702880859375";

const readDecimal = (field: Field, value: Json): number => {
  const number = typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
  if (value === "" || !Number.isFinite(number)) return fail("A valid number is required.");
  const [before = 0, after = 0] = field.digits ?? [];
  const [whole = "", fraction = ""] = String(Math.abs(number)).split(".");
  if (fraction.length > after) fail(`Ensure that there are no more than ${after} decimal places.`);
  if (whole.replace(/^0+/, "").length > before) {
    fail(`Ensure that there are no more than ${before} digits before the decimal point.`);
  }
  if (field.min === 0.01 && number < 0.01) fail(`Ensure this value is greater than or equal to ${ONE_HUNDREDTH}.`);
  return within(field, number);
};

const TRUE = new Set(["true", "True", "TRUE", "t", "T", "y", "yes", "1", "on", "On"]);
const FALSE = new Set(["false", "False", "FALSE", "f", "F", "n", "no", "0", "off", "Off"]);

const readBoolean = (value: Json): boolean => {
  const said = typeof value === "boolean" || typeof value === "number" ? String(value) : value;
  if (typeof said === "string" && TRUE.has(said)) return true;
  if (typeof said === "string" && FALSE.has(said)) return false;
  return fail("Must be a valid boolean.");
};

const readChoice = (field: Field, value: Json): Json => {
  if (typeof value === "object") {
    return fail('Value must be passed directly (e.g. "foo": 123); do not use a dictionary or list.');
  }
  if (value === "") return field.blank ? (field.bare ? "" : null) : fail("This field may not be blank.");
  return typeof value === "string" && Object.hasOwn(field.choices ?? {}, value)
    ? value
    : fail(`${str(value)} is not a valid choice.`);
};

const WRONG_INSTANT =
  "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z].";

/** An instant in UTC, without a fraction when that is zero. */
const readInstant = (value: Json): string => {
  const written = typeof value === "string" ? value.trim().replace(" ", "T") : "";
  const parts = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)?(?:\.(\d{1,6})\d*)?(Z|[+-]\d\d:?\d\d)?$/.exec(written);
  if (!parts) return fail(WRONG_INSTANT);
  const [, day = "", minute = "", second = ":00", fraction = "", zone = "Z"] = parts;
  const at = Date.parse(`${day}T${minute}${second}${zone}`);
  if (Number.isNaN(at)) return fail(WRONG_INSTANT);
  const micros = fraction.padEnd(6, "0");
  return `${new Date(at).toISOString().slice(0, 19)}${micros === "000000" ? "" : `.${micros}`}Z`;
};

const readMac = (value: Json): string => parseMac(str(value)) ?? fail(`Invalid MAC address format: ${str(value)}`);

const readAddress = (value: Json): string => {
  if (value === "") return fail("This field may not be blank.");
  const network = parseNetwork(str(value));
  if (!network) return fail(`Invalid IP address format: ${str(value)}`);
  if (network.length === 0) return fail("Cannot create IP address with /0 mask.");
  return formatNetwork(network);
};

const readNetwork = (value: Json): string => {
  const network = parseNetwork(str(value));
  if (!network) return fail(`Invalid IP prefix format: ${str(value)}`);
  if (network.length === 0) return fail("Cannot create prefix with /0 mask.");
  const whole = formatNetwork(networkOf(network));
  const given = formatNetwork(network);
  return whole === given ? given : fail(`${given} is not a valid prefix. Did you mean ${whole}?`);
};

const readHost = (value: Json): string => {
  if (value === "") return fail("This field may not be blank.");
  const host = typeof value === "string" ? parseHost(value) : undefined;
  return host ?? fail("Enter a valid IPv4 or IPv6 address.");
};

/** Django's URLs: a host is a name of several labels, an address, or localhost. */
const URL_FORM =
  /^(https?|ftps?):\/\/(localhost|\[[0-9a-f:.]+\]|\d{1,3}(\.\d{1,3}){3}|([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]\.?)(:\d{1,5})?([/?#]\S*)?$/i;

const readUrl = (field: Field, value: Json): string => {
  const read = readText(field, value);
  return read === "" || URL_FORM.test(read) ? read : fail("Enter a valid URL.");
};

const readJson = (field: Field, value: Json): Json => {
  const empty = value === "" || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return empty && field.blank === false ? fail("This field cannot be blank.") : value;
};

/** Reads one value of a body that is not null and refers to nothing; throws a refusal with the field's messages. */
export const readValue = (field: Field, value: Json): Json => {
  switch (field.kind) {
    case "text":
      return readText(field, value);
    case "secret":
      return typeName(value) === "str" ? value : fail("Not a valid string.");
    case "slug":
      return readSlug(field, value);
    case "color":
      return readColor(value);
    case "url":
      return readUrl(field, value);
    case "integer":
    case "object-id":
      return readInteger(field, value);
    case "float":
      return readFloat(field, value);
    case "decimal":
      return readDecimal(field, value);
    case "boolean":
      return readBoolean(value);
    case "choice":
      return readChoice(field, value);
    case "json":
      return readJson(field, value);
    case "datetime":
      return readInstant(value);
    case "mac":
      return readMac(value);
    case "address":
      return readAddress(value);
    case "network":
      return readNetwork(value);
    case "host":
      return readHost(value);
    default:
      throw new Error(`a value of kind ${field.kind} is not read alone`);
  }
};
