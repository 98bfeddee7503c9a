/**
 * Beginnings that vendors give their keys and tokens, with the least number of characters behind them. They are shorter
 * and looser than secretlint's rules (`secretlint.ts`): what is replaced by mistake harms a recording less than a key in it.
 */
export const prefixes: readonly (readonly [prefix: string, least: number])[] = [
  ...list(30, 'AIza npm_ hf_ EAA'),
  ...list(20, 'ya29. GOCSPX- ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ v1.0- EAAA sq0atp- sq0csp- AKCp'),
  ...list(16, 'sk- sk_live_ sk_test_ rk_live_ rk_test_ pk_live_ pk_test_ whsec_ sk_'),
  ...list(16, 'glpat- gldt- glrt- glptt- glft- glsoat- glcbt- glimt- glagent- gloas- glffct-'),
  ...list(10, 'xoxa- xoxb- xoxc- xoxd- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp- xwfp-'),
  ...list(16, 'pypi- rubygems_ dop_v1_ doo_v1_ dor_v1_ shpat_ shpca_ shppa_ shpss_ shptka_ shpua_'),
  ...list(
    16,
    'SG. gsk_ xai- pplx- r8_ nvapi- lsv2_ tvly- fw_ co- ntn_ secret_ lin_api_ lin_oauth_ figd_ figo_',
  ),
  ...list(
    16,
    'dckr_pat_ dckr_oat_ hvs. hvb. hvr. ATATT3 ATCTT3 ATBB NRAK- NRII- NRJS- NRAL- PMAK- xkeysib- xsmtpsib-',
  ),
  ...list(
    16,
    'dp.pt. dp.st. dp.ct. dp.sa. dt0c01. FLWSECK- FLWSECK_TEST- glc_ glsa_ HRKU- ops_ pscale_tkn_ pscale_pw_',
  ),
  ...list(
    16,
    'pscale_oauth_ rdme_ rpa_ sgp_ sntrys_ sntryu_ tfp_ tskey- vcp_ vci_ vca_ vcr_ vck_ cfk_ cfut_ cfat_',
  ),
  ...list(
    16,
    'AGE-SECRET-KEY- CCIPAT_ CLOJARS_ duffel_live_ duffel_test_ fo1_ fm1r_ fm1a_ fm2_ shippo_live_ shippo_test_',
  ),
  ...list(
    16,
    'phc_ phx_ SWMTKN- waka_ p8e- LTAI tk-us- easd_ EZAK EZTK lmn_ sbp_ sb_secret_ supabase_ rt_ at_ oauth_ apify_api_',
  ),
  ...list(
    16,
    'eyJ patA pat_ dsg_ jina_ mlx_ wandb_ aio_ dapi_ NRAA- whk_ sess- ctx7sk- sktsec_ rzp_live_ rzp_test_',
  ),
];

function list(least: number, names: string): [string, number][] {
  return names.split(' ').map((name) => [name, least]);
}
