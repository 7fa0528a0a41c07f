#include "tools/flags.hpp"

namespace vitrine {

void add_quantize_flags(CLI::App* c, std::string& name, QuantizeOptions& quantize) {
  c->add_option("NAME", name, "which model; 'vitrine list' shows the names")->required();
  c->add_option(
       "--budget", quantize.budget,
       "what it may lose, one bound or several with commas: perplexity=0.1% (more), kl=1e-3 (nats), top1=98.8% "
       "(the same likeliest answer, at least), accuracy=0.2 (points less, of a classifier). While one does not "
       "hold, the weight that loses most for each byte gets more bits [what the scheme is meant to hold]")
      ->type_name("BOUND,...")
      ->allow_extra_args(false);
  c->add_option("--scheme", quantize.scheme,
                "bf16, int8, int4 (embedding and head in int8) or dynamic_int8 (rows in 8 bits too), and behind it, "
                "with commas: group=32, symmetric, asymmetric, scale=maximum, scale=squared_error, ends=int8, rows=16, "
                "cache=int8")
      ->type_name("S")
      ->capture_default_str();
  c->add_option("-o", quantize.output, "the file to write [out/NAME/NAME.SCHEME.safetensors]")->type_name("FILE");
  c->add_option("--load", quantize.load, "the f32 parameters [what 'run' left in out/NAME]")->type_name("FILE");
  c->add_option("--data", quantize.data, "measure on other data, as run's --data")->type_name("PATH");
  c->add_option("--picture", quantize.picture,
                "the graph, each value in the colour of what it lost against f32 on an example (.svg, .png or .dot)")
      ->type_name("FILE");
  add_seed(c, quantize.seed);
  add_threads(c, quantize.threads);
  add_json(c, quantize.json);
}

}  // namespace vitrine
