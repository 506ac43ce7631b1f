// The second look: a linear model over all that is known of one candidate. The search for candidates asks of each word
// what it is worth anywhere; here a candidate's own words and characters, the text around it, its place and the page
// count.
#pragma once

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "candidates/features.hpp"
#include "candidates/search.hpp"
#include "candidates/weights.hpp"
#include "html/outline.hpp"

namespace moderation {

// Weights by key.
class Judge {
public:
    Judge() = default;
    Judge(const std::uint32_t* keys, const float* weights, std::size_t size, double bias)
        : bias(bias), weights_(keys, weights, size) {}

    double weight(std::uint32_t key) const { return weights_.of(key); }
    // The log-odds of a candidate with these features, that it is spam.
    double score(const std::vector<Feature>& features) const;

    double bias = 0.0;

private:
    Weights weights_;
};

// What can be said of the candidates of one page.
class Evidence {
public:
    Evidence(const Outline& outline, const PageText& page_text, const SearchResult& result);

    // The features of a candidate, each key once for each kind, in the order of the text.
    void of(const Candidate& candidate, std::vector<Feature>& out);

    // What a fact is called.
    static const char* fact(std::uint32_t number);

    // The keys of the facts, in the order of their numbers.
    static std::vector<std::uint32_t> fact_keys();
    // The one that says what the text is worth by its terms.
    static constexpr const char* text_words = "text:words";

private:
    void facts(const Candidate& candidate, std::vector<Feature>& out) const;
    // A page of so few characters is none.
    bool is_alone() const;
    // `where`: the place, whether it is a name, whether it stands alone; `out` holds the facts.
    static void placed(std::uint32_t where, std::vector<Feature>& out);
    template <class Say>
    void text_facts(const Candidate& candidate, View text, Say&& say) const;
    template <class Say>
    void place_facts(const Candidate& candidate, Say&& say) const;
    template <class Say>
    void name_facts(const Candidate& candidate, View text, Say&& say) const;
    struct Vocabulary {
        std::size_t own = 0, shared = 0, titled = 0;
    };
    Vocabulary vocabulary(const Candidate& candidate) const;
    template <class Say>
    void surroundings(const Candidate& candidate, View text, Say&& say) const;
    template <class Say>
    void strength(const Candidate& candidate, Say&& say) const;
    void words(const Candidate& candidate, std::vector<Feature>& out) const;
    void shape(View text, Span own, std::vector<Feature>& out);
    void read_signs(View text, Span own);
    void page_words();
    std::uint64_t hash_of(From from, std::uint32_t code) const;

    // One character, or a run of digits or letters, as itself and as what it is.
    struct Sign {
        std::uint64_t itself, kind;
        std::uint32_t start, end;
        bool is_run;
    };

    const Outline& outline_;
    const PageText& page_text_;
    const SearchResult& result_;
    const std::size_t shown_;            // visible characters
    std::int64_t first_ = -1;            // the first visible block
    std::int64_t title_ = -1;            // the first block of a title
    std::vector<std::uint32_t> titled_;  // the words of that title that are longer than one character
    std::unordered_set<std::uint32_t> titled_words_;
    std::unordered_set<std::uint32_t> around_;  // codes of the words outside of the candidates
    std::vector<std::uint32_t> topic_;          // codes of the words that tell what the page is about
    std::vector<std::uint64_t> topic_hashes_;   // and their hashes, as words of the page
    std::vector<Sign> signs_;                   // room for those of one candidate
};

}  // namespace moderation
