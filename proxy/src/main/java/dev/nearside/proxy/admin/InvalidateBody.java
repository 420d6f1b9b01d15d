package dev.nearside.proxy.admin;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.nearside.proxy.invalidation.Glob;
import dev.nearside.proxy.invalidation.Target;
import dev.nearside.proxy.telemetry.InvalidationScope;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The body of an invalidation: {@code {"scope":"fleet","keys":["a","b"]}}, where {@code scope} may
 * be left out for {@code local}, and in place of {@code keys} stands {@code prefix}, {@code
 * pattern} or {@code tag} with one text. Texts are taken as UTF-8.
 */
record InvalidateBody(InvalidationScope scope, String kind, Target target) {
  private static final Set<String> KINDS = Set.of("keys", "prefix", "pattern", "tag");

  /**
   * Reads a body.
   *
   * @throws IllegalArgumentException if it is wrong; the message says what is and was expected
   */
  static InvalidateBody of(String body) {
    JsonNode json = json(body);
    List<Map.Entry<String, JsonNode>> kinds = new ArrayList<>();
    InvalidationScope scope = InvalidationScope.LOCAL;
    for (Map.Entry<String, JsonNode> field : json.properties()) {
      if (KINDS.contains(field.getKey())) {
        kinds.add(field);
      } else if (field.getKey().equals("scope")) {
        scope = scope(field.getValue());
      } else {
        throw wrong("\"" + field.getKey() + "\" is unknown");
      }
    }
    if (kinds.size() != 1) {
      throw wrong("there are " + kinds.size() + " things to forget");
    }
    String kind = kinds.getFirst().getKey();
    return new InvalidateBody(scope, kind, target(kind, kinds.getFirst().getValue()));
  }

  private static JsonNode json(String body) {
    try {
      JsonNode json = Replies.JSON.readTree(body);
      if (json.isObject()) {
        return json;
      }
    } catch (JsonProcessingException e) {
      throw wrong("the body is no JSON");
    }
    throw wrong("the body is no JSON object");
  }

  private static InvalidationScope scope(JsonNode value) {
    return switch (value.asText()) {
      case "local" -> InvalidationScope.LOCAL;
      case "fleet" -> InvalidationScope.FLEET;
      default -> throw wrong("\"scope\" is " + value + ", not \"local\" or \"fleet\"");
    };
  }

  private static Target target(String kind, JsonNode value) {
    return switch (kind) {
      case "keys" -> new Target.Keys(keys(value));
      case "prefix" -> new Target.Prefix(text(kind, value));
      case "pattern" -> new Target.Pattern(new Glob(text(kind, value)));
      default -> new Target.Tags(List.of(text(kind, value)));
    };
  }

  private static List<byte[]> keys(JsonNode value) {
    if (!value.isArray() || value.isEmpty()) {
      throw wrong("\"keys\" is no list of one or more texts");
    }
    List<byte[]> keys = new ArrayList<>();
    value.forEach(key -> keys.add(text("keys", key)));
    return keys;
  }

  private static byte[] text(String kind, JsonNode value) {
    if (!value.isTextual()) {
      throw wrong("\"" + kind + "\" has " + value.getNodeType() + " where a text belongs");
    }
    return value.textValue().getBytes(StandardCharsets.UTF_8);
  }

  private static IllegalArgumentException wrong(String what) {
    return new IllegalArgumentException(
        what
            + "; expected {\"scope\":\"local\" or \"fleet\"} with one of \"keys\":[...], \"prefix\","
            + " \"pattern\" and \"tag\"");
  }
}
